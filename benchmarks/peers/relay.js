// The bare relay: acts go straight to the consoles, unread; nothing is stored.
import { serve } from "./live.js"

serve((_seat, _acts, done) => done())
