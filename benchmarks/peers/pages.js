// The personal page the way one writes it with Express, EJS and better-sqlite3: the same rows of
// the same database, read for every request, and a page of the same size.
import { createHash, createHmac } from "node:crypto"
import { dirname, join } from "node:path"
import { fileURLToPath } from "node:url"
import Database from "better-sqlite3"
import express from "express"

const { PORT, DATABASE, SECRET_KEY } = process.env
const db = new Database(DATABASE, { readonly: true })
const browserOf = db.prepare(`
  SELECT b.id, b.is_staff FROM site_browsers b JOIN personal_links l ON l.id = b.link_id
  WHERE b.token_digest = ? AND b.site_id = ? AND l.revoked_at IS NULL`)
const siteOf = db.prepare(`
  SELECT s.id, s.workspace_id, s.campaign_id, s.prospect_id, v.composition, c.name AS campaign,
    c.offer, c.tracked, p.owner_id, p.name, p.title, co.name AS company, u.name AS rep,
    u.title AS rep_title, u.email AS rep_email, u.phone AS rep_phone, w.name AS workspace
  FROM sites s
  JOIN site_versions v ON v.site_id = s.id AND v.number = s.published_number
  JOIN campaigns c ON c.id = s.campaign_id
  JOIN prospects p ON p.id = s.prospect_id
  JOIN users u ON u.id = p.owner_id
  JOIN workspaces w ON w.id = s.workspace_id
  LEFT JOIN companies co ON co.id = p.company_id
  WHERE s.id = ?`)
const answersOf = db.prepare("SELECT module_key, answers, headline FROM answers WHERE site_id = ?")
const choiceOf = db.prepare(
  "SELECT is_yes, how FROM consents WHERE browser_id = ? ORDER BY at DESC LIMIT 1",
)

const signed = (text) => createHmac("sha256", SECRET_KEY).update(text).digest("hex")
const cookieOf = (header) => /(?:^|;\s*)site=([^;]*)/.exec(header ?? "")?.[1]

function read(id, token) {
  const site_id = id.replaceAll("-", "")
  const browser = browserOf.get(createHash("sha256").update(token).digest("hex"), site_id)
  if (!browser) return null
  const site = siteOf.get(site_id)
  const answers = answersOf.all(site_id)
  const claims = JSON.stringify([site.workspace_id, site.campaign_id, site.owner_id, browser.id])
  return {
    id,
    site,
    offer: JSON.parse(site.offer),
    composition: JSON.parse(site.composition),
    answers: Object.fromEntries(answers.map((row) => [row.module_key, JSON.parse(row.answers)])),
    choice: choiceOf.get(browser.id),
    csrf: signed(token),
    page: `${Buffer.from(claims).toString("base64url")}.${signed(claims)}`,
  }
}

const app = express()
app.set("view engine", "ejs")
app.set("views", join(dirname(fileURLToPath(import.meta.url)), "views"))
app.disable("x-powered-by")
app.get("/s/:id/", (request, response) => {
  const token = cookieOf(request.headers.cookie)
  const shown = token && read(request.params.id, token)
  if (!shown) return response.status(404).send("Please open your link again.")
  response.set("Cache-Control", "no-store")
  response.render("page", shown)
})
app.listen(Number(PORT), "127.0.0.1")
