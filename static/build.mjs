// Bundles what browsers get into static/dist, content-hashed, with a manifest for `asset()`.
// Two bundles: "rep" for the people who sell, "site" for the people they sell to. Files are found
// by folder, so a new slice or module adds its own and edits nothing here.
import { mkdirSync, readdirSync, rmSync, writeFileSync } from "node:fs"
import { basename, join } from "node:path"
import { fileURLToPath } from "node:url"
import * as esbuild from "esbuild"

const root = fileURLToPath(new URL("..", import.meta.url))
const out = join(root, "static", "dist")

const files = (folder, ending) => {
  try {
    return readdirSync(join(root, folder))
      .filter((name) => name.endsWith(ending))
      .sort()
      .map((name) => `./${folder}/${name}`)
  } catch {
    return []
  }
}
const modules = (ending) =>
  readdirSync(join(root, "modules"), { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .flatMap((entry) => files(`modules/${entry.name}/static`, ending))

const sources = {
  "rep.css": () => [...files("static/css/shared", ".css"), ...files("static/css/rep", ".css")],
  "site.css": () => [
    ...files("static/css/shared", ".css"),
    ...files("static/css/site", ".css"),
    ...modules(".css"),
  ],
  "rep.js": () => files("static/js/rep", ".js"),
  "site.js": () => [...files("static/js/site", ".js"), ...modules(".js")],
}

const entries = {
  name: "entries",
  setup(build) {
    build.onResolve({ filter: /^entry:/ }, ({ path }) => ({
      path: path.slice("entry:".length),
      namespace: "entry",
    }))
    build.onLoad({ filter: /.*/, namespace: "entry" }, ({ path }) => {
      const isCss = path.endsWith(".css")
      const line = (file) => (isCss ? `@import "${file}";` : `import "${file}"`)
      const layers = isCss ? "@layer reset, tokens, base, components, modules, utilities;\n" : ""
      return {
        contents: layers + sources[path]().map(line).join("\n"),
        loader: isCss ? "css" : "js",
        resolveDir: root,
      }
    })
  },
}

// Sockets here are websockets; the other ways of socket.io stay out of the bundles.
const unused = {
  name: "unused",
  setup(build) {
    build.onLoad(
      { filter: /engine\.io-client.build.esm.transports.(polling-xhr|webtransport)\.js$/ },
      () => ({
        contents: "export const XHR = null, WT = null",
      }),
    )
  },
}

const manifest = {
  name: "manifest",
  setup(build) {
    build.onEnd(({ metafile }) => {
      const names = {}
      for (const [path, { entryPoint }] of Object.entries(metafile?.outputs ?? {})) {
        if (entryPoint) names[entryPoint.replace("entry:", "")] = basename(path)
      }
      writeFileSync(join(out, "manifest.json"), JSON.stringify(names, null, 2))
    })
  },
}

const options = {
  entryPoints: Object.keys(sources).map((name) => ({
    in: `entry:${name}`,
    out: name.split(".")[0],
  })),
  outdir: out,
  bundle: true,
  splitting: true,
  format: "esm",
  target: ["es2022", "chrome123", "firefox120", "safari17.5"],
  minify: true,
  metafile: true,
  entryNames: "[name]-[hash]",
  chunkNames: "chunk-[hash]",
  assetNames: "[name]-[hash]",
  loader: { ".woff2": "file", ".woff": "empty" },
  legalComments: "linked",
  logLevel: "warning",
  plugins: [entries, unused, manifest],
}

rmSync(out, { recursive: true, force: true })
mkdirSync(out, { recursive: true })
if (process.argv.includes("--watch")) {
  await (await esbuild.context(options)).watch()
} else {
  await esbuild.build(options)
}
