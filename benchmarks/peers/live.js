// The socket.io side of every Node peer: the protocol of realtime/README.md, without its guard.
import { createServer } from "node:http"
import { Server } from "socket.io"

const NOBODY = "00000000-0000-0000-0000-000000000000"

/**
 * Serve /visitors and /console. For each message of acts `take(seat, acts, done, refuse)` is called
 * and calls `done()` once the acts may be acknowledged and shown, or `refuse(error)`.
 */
export function serve(take) {
  const http = createServer()
  const io = new Server(http, {
    transports: ["websocket"],
    perMessageDeflate: false,
    httpCompression: false,
    serveClient: false,
    maxHttpBufferSize: 1e6,
  })
  const consoles = io.of("/console")
  consoles.on("connection", (socket) => socket.join("consoles"))
  io.of("/visitors").on("connection", (socket) => {
    const visit = String(socket.handshake.auth.visit)
    const seat = { visit, visitKey: visit.replaceAll("-", ""), workspace: NOBODY, workspaceKey: "0".repeat(32) }
    socket.on("acts", ({ acts }, answer) => {
      const done = () => {
        const [from_seq, to_seq] = [acts[0].seq, acts[acts.length - 1].seq]
        consoles.to("consoles").emit("visit-acted", { visit, from_seq, to_seq, acts })
        answer({ ok: true, last: to_seq })
      }
      take(seat, acts, done, (error) => answer({ ok: false, error }))
    })
  })
  http.listen(Number(process.env.PORT), "127.0.0.1")
}
