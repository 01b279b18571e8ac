# Rail and what all pages share
nav-live = Live
nav-lots = Lots
nav-review = Review
nav-standards = Standards
nav-system = System
skip = Skip to the page
log-in = Log in
log-out = Log out
none = none
zone = Times:
not-known = not known

# Roles
role-viewer = viewer
role-operator = operator
role-manager = manager

# Troubles
trouble-not-found = There is nothing here
trouble-not-found-next = No page, tray, lot or shift is at this address. Start again from the menu on the left.
trouble-bad = Something does not fit
trouble-bad-next = Go back, correct it and send it again.
trouble-cannot-be = That cannot be so
trouble-cannot-be-next = Nothing was recorded. Go back and look at the trays.
trouble-log-in = Log in first
trouble-log-in-next = This is for people with an account.
trouble-form = This form is out of date
trouble-form-next = Open its page again, then send it.
trouble-refused = Not allowed
trouble-refused-next = Let somebody log in whose role allows it.
trouble-store = The store cannot be read just now
trouble-store-next = The line goes on. Try again; if it stays so, look at the disk.
trouble-store-replaced = The store’s file is gone, or another stands in its place
trouble-store-replaced-next = Nothing is read or written until the file is back; after another was put there on purpose, start the pages again.
trouble-letters = This machine has no font with Chinese letters, so the report cannot be made as PDF.
trouble-letters-next = Install one (on Debian: fonts-noto-cjk), or start the pages with --font FILE. The page itself can be printed.
trouble-broken = The program failed
trouble-broken-next = The line goes on. Try again; if it stays so, look at the log.

# Log in
login-name = Name
login-password = Password
login-wrong = Name or password is wrong.
login-wait = { $seconds ->
    [one] Too many failures: wait { $seconds } second, then try again.
   *[other] Too many failures: wait { $seconds } seconds, then try again.
 }
login-nobody = There are no users yet: everybody may look, nobody may change anything. Make the first user on this machine:
people-for-managers = Managers see who has an account.

# Terms
tray = Tray
trays = trays
lot = Lot
lot-without-name = (without a name)
grade = Grade
route = Route
moment = When
cell-place = Row { $row }, column { $col }
pass = pass { $n }
counts = Cells per verdict
verdict-blank = blank
verdict-double = double
verdict-unsure = unsure
verdict-weak = unhealthy
tray-refused = Not judged
tray-failed = Picture unreadable
refused-no-tray = No tray is seen in the picture. Check that it lies wholly in view.
refused-wrong-grid = The tray has other rows or columns than the job. Check the job, and that the tray lies wholly in view.
refused-blurred = The picture is blurred. Clean the lens, check the focus.
refused-dark = The picture is too dark. Check the lamp.
refused-over-exposed = The picture is too bright. Check the lamp and stray light.
refused-small = The cells are too small in the picture. Bring the camera nearer.
refused-way-round = Which way round the tray lies is not known. Check the code on its rim.
refused-no-scale = The standard asks for millimetres, and none are known. Calibrate the camera, or state the pitch.
emergence = Emergence rate
marketable = Marketable rate
uniformity = Uniformity (CV of area)
action-leave = is left
action-remove = is removed
action-thin = is thinned
action-pick = is picked

# Traits
trait-occupied = Probability of a seedling
trait-several = Probability of two or more
trait-plants = Plants
trait-area = Canopy area, pitch²
trait-area-mm2 = Canopy area, mm²
trait-offset = Off centre, pitch
trait-offset-mm = Off centre, mm
trait-chlorotic = Chlorotic share
trait-necrotic = Necrotic share
trait-overlap = Overlap across walls
trait-leaves = Leaves

# One cell
tap-a-cell = Tap a cell for its measurements and what decided.
decided-by = Decided by
decided-blank = Probability of a seedling { $found }, below { $limit }: blank.
decided-double = Probability of two or more { $found }, above 50 %, and of a seedling above { $occupied }: double.
takes-the-rest = takes whatever is left
measured = Measured
not-from-above = Height, stem diameter and dry weight cannot be seen from above: they are not given.
neighbours = Cells beside it
unsure-occupancy = Whether there is a seedling is open: a person decides.
unsure-contradiction = What is seen contradicts itself: a person decides.
unsure-overlap = Too many leaves of neighbours: a person decides.
unsure-crowded = The canopy is closed: a person decides.
unsure-out-of-view = The cell is not wholly in view: a person decides.

# Picture
marks = Marks
zoom = Zoom
picture-unknown = No photograph is on record. This is a map of the cells; a disc is as large as the canopy.
picture-not-found = The photograph is not found any more. This is a map of the cells; a disc is as large as the canopy. It was at
picture-changed = The photograph was changed since and is not shown. This is a map of the cells; a disc is as large as the canopy. It was at
picture-unreadable = The photograph cannot be read. This is a map of the cells; a disc is as large as the canopy. It is at

# Evidence
evidence = Evidence
evidence-row = Store { $store }, row { $n }
evidence-picture = Picture, SHA-256
evidence-source = Picture, path
evidence-network = Net
evidence-finder = Net that finds the tray
evidence-standard = Grading standard
evidence-calibration = Calibration
evidence-config = Configuration
evidence-software = Software
standard-known = its text is at hand
standard-unknown = The standard's text is not at hand: only its result is known.

# Live
live-lost = Connection lost: what you see may be old. Check the network; the page goes on by itself.
live-nothing = No trays yet
live-nothing-next = The first one appears here when the line runs.
plants-to-sell = { $n ->
    [one] { $n } plant to sell
   *[other] { $n } plants to sell
 }
of-all = of { $n }
of-order = of { $n } ordered
order-missing = { $n } missing
order-met = the order is met
rate = Rate
trays-an-hour = trays/h
before = Before
line-armed = The line sorts since { $at }.
line-suspended = Line suspended at { $at }.
line-suspended-next = Find the cause, then stop and start the belt.
line-faulted = Line faulted at { $at }.
line-faulted-next = Check PLC, emergency stop and cable; it goes on by itself.
line-disarmed = Line stopped sorting at { $at }.
line-not-armed = Line could not start sorting at { $at }.
line-disarmed-next = Remove the cause below; it goes on by itself.
line-silent = The line has not been heard of since { $at }.
line-silent-next = Check the line's computer and its power, then start the line.
line-consequence = All trays go to the safe gate.
parts = Parts of the line
part-camera = Camera
part-actuator = PLC
part-store = Store
part-net = Net
part-fine = fine since { $at }
part-in-trouble = in trouble since { $at }.
part-not-known = not known
part-camera-next = Check the camera's cable and power, and the reference tray.
part-actuator-next = Check PLC, emergency stop and cable.
part-store-next = Check the disk and its free space.
part-net-next = Ask a manager to check net and standard.
parts-line-ended = The line ended at { $at }: nothing is known of its parts.
parts-line-silent = The line has not been heard of since { $at }: nothing is known of its parts.
flag-gate-full = The PLC says that a gate is full, since { $at }.
flag-gate-full-next = Take trays away there. Trays are still sorted; a command for that gate the PLC may refuse, and the tray goes to the safe gate.
flag-infeed-stopped = The PLC has stopped the infeed, since { $at }.
flag-infeed-stopped-next = No trays come until it goes on; that is no fault.

# Lots
not-judged = not judged
shares-of = Emergence is of the decided cells, marketable of all cells; behind it the exact 95 % interval. The interval of the uniformity takes plants for independent.
newest = Newest
lot-size = Size and order
lot-size-none = Nobody has stated yet how many trays the lot has and how many plants are ordered.
lot-size-state = State
lot-size-trays = Trays of the lot, sown or delivered (empty where not known)
lot-size-trays-short = Trays of the lot
lot-size-ordered = Plants ordered (empty where not known)
lot-size-ordered-short = Ordered
stated-by = Stated by, at
table-download = Download table (CSV)
of-them-not-judged = { $n } of them not judged
what-if-sampled = Judged anew were { $n } of the lot's { $all } trays, spread over the time in which they came. Of the whole lot about { $about } change grade (95 %: { $lo }–{ $hi }).
plants-by-grade = Plants per grade
position-map = Position map: blanks, %
position-map-of = { $n ->
    [one] { $n } tray; the number is the share of blanks at a place.
   *[other] { $n } trays of one format, laid over each other; the number is the share of blanks at a place.
 }
flagged-cols = Column { $cols }: far more blanks than elsewhere. Check the seeder's nozzle.
flagged-rows = Row { $rows }: far more blanks than elsewhere. Check the seeder, and the edge for drying.
trend = Emergence over time
axis-moment = hour or day
axis-emergence = emergence, %
axis-plants = plants
rest-in-table = The others are in the table.
parquet-download = Download trays (Parquet)
areas = Canopy areas
areas-of = { $plants } graded plants of { $trays } trays, spread over the time in which they came.
day = Day
hour = Hour
hour-trays = { $n ->
    [one] { $n } tray
   *[other] { $n } trays
 }
compare-hours = The { $n } newest hours, the newest first.
shift = Shift
compare-no-shifts = No shifts are configured. Say in the configuration when they begin, and start these pages anew:
compare-by = Compare: { $what }
compare-of = Of the { $n } newest lots.

# A shift's report
shift-report = Shift report
shift-goes-on = The shift goes on: this is as it stands now.
shift-nothing = The store holds nothing of this shift.
shift-before = Shift before
shift-after = Next shift
lots-of-shift = Trays by lot and grade
shift-passes = Routes
shift-passes-count = Passes: of a tray that passed twice both count here, and above only the one that decides.
shift-unsure = Undecided cells
shift-budget = Budget
shift-no-budget = the standard states none
shift-budget-of = The budget is for cells that may be occupied or blank; cells that cannot be judged for another reason come on top.
shift-no-suspects = No row, column or place has far more blanks than the others.
shift-commands = Commands to the gates
shift-late = Came too late: { $late }. Accepted or fired all the same: { $fired }.
shift-more = { $n } more are not listed.
outcome-accepted = accepted
outcome-fired = fired
outcome-refused = refused
outcome-missing = not known to have fired
outcome-dropped = dropped, never sent
shift-stops = Stops and alarms
shift-stood = The line did not sort for { $time } of the shift (hours:minutes:seconds).
shift-not-over = not over
shift-checks = Reference tray and challenge set
shift-taken-back = { $n } taken back
shift-no-audit = Nobody answered an audit in this shift.
shift-handed-over = Handed over by, date
shift-taken-over = Taken over by, date
flagged-cells = { $cells }: far more blanks than elsewhere. Check the seeder's nozzle.

# Search
find = Find
find-what = Tray or lot
find-how = Scan or type a tray's code, a tray's name or a lot's name, then press Enter.
find-nothing = Nothing is called { $what }
find-nothing-next = No tray has this code or name, and no lot is called so. Names are looked for as they are written, with capitals and dashes.
find-several = { $what } means several
passes-others = Other passes
passes-this = this one
passes-of-code = The code on it was read in these passes, the newest first; in another lot it is another tray.
passes-more = Older passes are not listed.

# System
stores = Stores
store = Store
events = events
people = People
ledger = Who did what
ledger-newest = The newest entries; all of them stand in the ledger file beside the store.
did-logged-in = logged in
did-logged-out = logged out
did-login-failed = wrong name or password
did-switched = took over
did-switch-failed = wrong PIN or badge
did-set-pin = set a PIN
did-set-badge = set a badge
did-corrected = corrected
did-took-back = took back
did-measured = measured by hand
did-audit-drawn = drew an audit, cells
did-standard-saved = saved a standard
did-ordered-job = ordered a job
did-scanned-card = scanned a card
did-recorded-card = recorded a card
did-ended-job = ended the job
did-mixed-lots = consented to mix lots
did-parted-lots = took a consent to mix back
did-moved-plugs = Recorded moves
did-took-back-moves = Took back moves
did-stated-lot-size = Stated a lot's size and order

# Corrections and review
corrections = Corrections
corrections-none = Nobody has corrected it.
correction-why = Why (optional)
correction-undo = Take back
correction-taken-back = the one before was taken back
judged-anew = Judged by other standards since
operators-only = Operators correct when they are logged in.
managers-only = Managers save when they are logged in.
queue-empty = Nothing waits for review
queue-done = { $n ->
    [one] { $n } cell of the newest trays is reviewed.
   *[other] { $n } cells of the newest trays are reviewed.
 }
queue-left = { $n ->
    [one] { $n } cell left · { $done } reviewed
   *[other] { $n } cells left · { $done } reviewed
 }
queue-again = Look at those put off
queue-later = Later
closeup-none = The photograph is not found any more: no close-up.

# Blind audit
audit = Blind audit
audit-begin = { $n ->
    [one] Begin an audit ({ $n } cell)
   *[other] Begin an audit ({ $n } cells)
 }
audit-none = Nobody has audited yet
audit-question = What is in this cell?
audit-left = { $n } left. seedgrade's verdict is not shown.
audit-why = Cells of an audit are drawn at random and shown without seedgrade's verdict: only these answers say how often it is right, and how far people agree with each other.
audit-accuracy = judged as people do
audit-kappa = Cohen's κ (95 % interval)
audit-fleiss = People among themselves: Fleiss' κ (95 % interval)
audit-ceiling = people agree among themselves on { $share } of the cells that several answered ({ $doubt })
audit-no-ceiling = how far people agree among themselves is not known yet: two must answer the same cells
audit-confusion = seedgrade (rows) and people (columns)
audit-rows = seedgrade ＼ people

# Standards and what-if
what-if = What if
what-if-again = Judge again
what-if-was = now
what-if-cannot = These limits cannot hold:
what-if-trays = { $n ->
    [one] { $n } of { $all } trays changes grade
   *[other] { $n } of { $all } trays change grade
 }
what-if-plants = Plants to sell
what-if-cells = { $n ->
    [one] { $n } cell changes
   *[other] { $n } cells change
 }
what-if-ordered = Plants ordered (empty: as stated of the lot)
what-if-whole-lot = Plants to sell, whole lot
what-if-missing = Missing to the order of { $n }
what-if-enough = enough
what-if-before = now
what-if-after = what if
what-if-left-out = { $n ->
    [one] { $n } tray has no measurements and is left out.
   *[other] { $n } trays have no measurements and are left out.
 }
marketable-plants = Plants to sell
what-if-save = Save as a new version
what-if-save-how = Earlier versions stay. Choose the new one under Jobs: it counts from the next tray on.
what-if-reason = Reason (required)
what-if-save-as = Save a new { $id }
standard-download = Download standard (TOML)
standard-text = Text
standard-toml = Text (TOML)
standard-check = Check
standard-fits = The text is a standard: it may be saved.
standard-older = { $this } is not the newest version. What is saved from it takes back what later ones changed:
standard-newer = { $newest } was saved meanwhile, so nothing is saved yet. Look at what it changed before you save: yours would take that back.
standard-bad = The text cannot be saved.
standard-bad-at = Line { $line }, column { $column } does not fit: the text cannot be saved.
standard-save-how = It is saved as the next version beside all earlier ones, with a reason, and holds for the jobs that begin with it.

# Inspection report
certificate = Inspection report
certificate-json = Download (JSON)
certificate-print = Print
certificate-pdf = Download (PDF)
certificate-photographs = Photographs
certificate-photographs-rule = Of the graded trays the one with the lowest, the middle and the highest share of marketable plants; where its picture is no longer kept, the next one that has a picture. Shown is the picture that was judged; its hash stands below it.
certificate-no-photograph = No picture of this lot is kept any more.
certificate-lowest = Lowest share of marketable plants
certificate-middle = Middle share of marketable plants
certificate-highest = Highest share of marketable plants
certificate-share-of-tray = { $share } ({ $plants } of { $sown } cells)
certificate-resampled = Interval of 95 %: { $n } resamples of whole trays, always the same ones.
certificate-trays-alike = Interval of 95 %: the trays do not differ, so plants are taken for independent (Jeffreys); it is too narrow.
certificate-of-sample = The trays that were inspected are taken for a random sample of the lot; the interval is not narrowed because the lot is finite.
variety = Variety
seeder = Seeder
sown-on = Sown on
seed-lot = Seed lot
certificate-inspected = Inspected
certificate-basis = Sampling basis
certificate-basis-all = every stored tray of the lot, each once: { $n } trays ({ $refused } not judged), { $cells } cells
certificate-lot-size = Size of the lot
certificate-sampled = sampled: { $n } of { $all } trays
certificate-whole-lot = the whole lot: { $all ->
    [one] { $all } tray
   *[other] { $all } trays
 }
certificate-more-than-stated = { $n } trays were inspected, more than the { $all } that were stated
certificate-size-not-stated = the lot's size was not stated
certificate-size-by = (stated by { $by }, { $at })
certificate-other-lots = Plugs of other lots
certificate-plugs-of-others = { $n ->
    [one] { $n } plug that was moved in from another lot stands in this one
   *[other] { $n } plugs that were moved in from other lots stand in this one
 }
certificate-meets = Plants that meet the standard
certificate-audit = Blind audit of this lot: people agree with { $so } of { $of } plants that were judged to meet it and with { $otherwise } of { $rest } that were not; the share and its interval allow for that.
certificate-drawn-singly = By people alone, of cells that the audit drew singly: { $meets } of { $plants } plants meet it, { $share } ({ $interval }, exact binomial interval).
certificate-no-audit = No audit yet: how often the judging errs is not in this interval.
certificate-people-agree = People among themselves: { $n } cells were judged by two or more, of which { $alike } alike by all; Fleiss' κ { $kappa } (95 %: { $interval }).
certificate-people-alike = People among themselves: { $n } cells were judged by two or more, of which { $alike } alike by all.
certificate-two-sentences = { $first } { $second }
certificate-single = single plant
certificate-measured = Measured by hand
certificate-none-measured = Nothing was measured by hand.
hand-plant-height = Plant height
hand-stem-diameter = Stem diameter
hand-root-ball = Root ball, score
hand-leaf-count = True leaves
hand-fresh-weight = Fresh weight
hand-whole-tray = whole tray
hand-add = Add a measurement
hand-row = Row (empty: the whole tray)
hand-col = Column
certificate-trait = Trait
certificate-value = Value
certificate-method = Method
certificate-who = Who, when
certificate-not-seen = Height, stem diameter and root ball are not visible from above: only what people measured stands here.
certificate-evidence = Evidence
certificate-net = Net
certificate-standard = Standard
certificate-calibration = Calibration
certificate-digest = Digest of this report
certificate-verify = Checked against the store later by
certificate-issued = Drawn up { $at } by { $by }.
certificate-inspector = Inspector, date
certificate-approved = Approved, date

# Patching bench
bench = Patching bench
bench-scan = Scan or type a tray's code
bench-trays = Newest trays at the bench
bench-show = Show
bench-fill = { $n ->
    [one] Fill { $n } cell
   *[other] Fill { $n } cells
 }
bench-full = This tray is full
bench-donor = { $n ->
    [one] Donor: gives { $n } plug
   *[other] Donor: gives { $n } plugs
 }
bench-waits = Leave this tray as it is
bench-not-here = This tray is not at the bench
bench-nothing = Nothing to fill: the plants do not suffice for one more full tray
bench-from = From
bench-into = Into
bench-turn = Turn the picture
bench-clear = clear it first
bench-look = look first: a good plant stays
bench-full-trays = Full trays
bench-moves = Moves
bench-fewest = no plan makes as many full trays by fewer
bench-newest = the newest of one lot; lots are not mixed
bench-json = Plan (JSON)
bench-good = Plants to sell
bench-becomes = What becomes of it
bench-full-already = is full
bench-takes = takes { $n }
bench-gives = gives { $n }
bench-newest-mixed = the newest of both lots
bench-mixed = Lots { $lot } and { $other } are mixed; every plug keeps its origin.
bench-consents = Other lots
bench-apart = This lot is mixed with none.
bench-other-lot = Lot that may stand in one tray with this one
bench-mix = Consent to mix
bench-part = Take the consent back:
bench-managers-mix = Managers consent when they are logged in.
bench-done = Done
bench-all-done = { $n ->
    [one] The tray is done ({ $n } plug)
   *[other] The whole tray is done ({ $n } plugs)
 }
bench-all-but-doubtful = { $n ->
    [one] Done: { $n } plug, without the ? cells ({ $left }) – tap Done at each of those
   *[other] Done: { $n } plugs, without the ? cells ({ $left }) – tap Done at each of those
 }
moves = Moves
moves-more = { $n } more stand on the tray's page.
moves-undo = { $n ->
    [one] Take back the last move
   *[other] Take back the last { $n } moves
 }
moves-cleared = cleared
moves-clear = Record: this cell was cleared
moves-from = This plug came from
moves-gone-to = This plug went to
moves-no-tray = No tray called { $tray } was judged.
moves-no-cell = Tray { $tray } has no { $cell }.
moves-gone = Tray { $tray }, { $cell }: its plug has gone or was cleared.
moves-filled = Tray { $tray }, { $cell }: was filled already, and neither cleared nor moved on since.
moves-one-cell = Tray { $tray }, { $cell }: a plug does not move into its own cell.
moves-lots-apart = Lots { $donor } and { $lot } are not mixed without a manager's consent.
moves-other-under-key = Other moves are recorded under the key { $key }.
moves-taken-back-already = These moves were taken back already.
moves-rest-on-it = Tray { $tray }, { $cell } was touched later: take back the later moves first.
event-armed = armed: the line sorts
event-not-armed = could not be armed
event-disarmed = disarmed: trays go to the safe gate
event-suspended = suspended: several trays in a row were not graded
event-resumed = resumed: the belt was stopped and started
event-faulted = fault: the actuator does not answer as it should
event-recovered = the fault is over
event-command-unsure = a command of which it is not known whether it fired
event-counted-anew = the PLC counts trays anew
event-pictures-dropped = pictures were not kept
event-reference-tray = the reference tray was looked at
event-reference-tray-refused = the reference tray has changed too much
camera-and-lamp = Camera and lamp
camera-and-lamp-told = Looks at the reference tray: how much of each limit the change since the record uses up. Above 100 % the line is not armed.
axis-look = look at the reference tray
axis-of-limit = of what is allowed, %
drift-scale = scale
drift-focus = focus
drift-exposure = exposure
drift-lamp = lamp
drift-colour = colour
event-demo-ended = the demo is over
event-part-fine = a part is fine
event-part-in-trouble = a part is in trouble
event-line-ended = the line ended
event-gate-full = the PLC says that a gate is full
event-gate-free = no gate is full any more
event-infeed-stopped = the PLC has stopped the infeed
event-infeed-resumed = the infeed goes on
event-job-changed = another job has begun
event-job-refused = a job was refused: the line goes on as it was
event-job-ended = the job was ended

# Another person, one's own account
switch = Switch user
switch-badge = Scan the badge
switch-to-badge = Switch by badge
switch-wrong = Nobody here has this PIN or badge.
switch-no-pin = Nobody has a PIN yet: everybody sets their own under their account.
account = My account
account-how = With a PIN or a badge you take over a tablet on which somebody has logged in by password. Leave the field empty to take it away.
account-badge = Badge
account-set = set
account-new = New { $what }
account-save = Save
account-wrong = The password is wrong: nothing was changed.
account-pin-unfit = A PIN has { $least } to 12 digits.
account-badge-unfit = A badge's code has 6 to 128 signs and no space.
account-badge-taken = Somebody else has this badge.

# Jobs
job = Job
jobs = Jobs
jobs-none = No job
jobs-not-heard = The line has not said yet what it grades.
jobs-scan = Scan the trolley's card, or a lot's code
jobs-change-over = Change over
jobs-unknown = Nobody has said what { $code } is: nothing was changed. Say below what stands on the trolley.
jobs-refused = The line refused it and goes on as it was.
jobs-refused-stands = The line cannot follow it and stands without a job.
jobs-waits = Waits for the line, which looks between two trays:
jobs-end = End the job
jobs-end-how = Trays on their way are still sorted; those that come go to the safe gate until another job begins.
jobs-by-hand = Begin a job by hand, or record a card
jobs-tray = Tray, rows x columns
jobs-pitch = Pitch, mm (if the line's own does not hold)
jobs-card = Card that stands for it from now on (optional)
jobs-begin = Begin the job
jobs-record = Only record the card
jobs-orders = Orders
jobs-cards = Cards
jobs-configuration = The line's configuration was read anew
jobs-outcome-waits = waits for the line
jobs-outcome-overtaken = overtaken by a later one
jobs-outcome-taken-up = taken up
jobs-outcome-ended = ended
jobs-operators-only = Operators begin and end jobs when they are logged in.

# Why a text is no standard; of its parts the English words are those that src/grade/standard has
standard-too-long = text of { $found } bytes, at most { $limit } are read
standard-no-toml = text is no TOML: { $said }
standard-unknown-name = { $kind } { $found } is unknown: expected { $expected }
standard-unknown-name-like = { $kind } { $found } is unknown: expected { $expected }; did you mean { $nearest }?
standard-missing = { $owner } has no `{ $key }`: expected { $expected }
standard-unexpected = { $subject }: expected { $expected }, found { $found }
standard-twice = { $kind } { $name } is there twice: expected every { $kind } once
standard-too-many = { $subject }: found { $found }, at most { $limit } are read
standard-never-holds = { $subject } can never hold: { $why }
standard-hides-below = grade { $grade } has no criteria: the grades below it could never be given
standard-last-has-criteria = last grade { $grade } has criteria: expected `all = []`, since it takes whatever is left
standard-last-marketable = last grade { $grade } is marketable: expected `marketable = false`, since it takes the weak
standard-unsure-acts = action of unsure cells: expected "leave", found { $found }; unsure is never acted on
standard-other = id: expected { $expected }, found { $found }: a version keeps its standard's id
standard-unchanged = text: expected a change, found none
standard-cannot-move = standard: { $said }
standard-part-standard = standard
standard-part-key = key
standard-part-trait = trait
standard-part-grade = grade
standard-part-action = action
standard-part-verdict-or-grade = verdict or grade
standard-part-term = term
standard-part-grades = grades
standard-part-band-ends = ends of a band
standard-part-criteria-count = criteria of a grade
standard-part-rules-count = tray rules
standard-part-rule-bytes = bytes of a tray rule
standard-part-rule-nesting = nesting of parentheses in a tray rule
standard-part-criterion-subject = criterion
standard-part-criterion-on = criterion on { $name }
standard-part-criterion-text = criterion { $text }
standard-part-rule-subject = tray rule
standard-part-rule-text = tray rule { $text }
standard-part-grade-named = grade { $name }
standard-part-a-table = a table
standard-part-an-array = an array
standard-part-the-end = the end
standard-part-the-rules = the tray rules
standard-part-rules-table = a table of tray rules
standard-part-standard-name = the standard's name
standard-part-ordinal = a whole number from 1
standard-part-crop-name = the crop's name
standard-part-titles = a title for each language
standard-part-band = the band of doubt
standard-part-two-shares = two numbers from 0 to 1, the lower first
standard-part-margins = margins for removing
standard-part-grade-tables = a [[grade]] for each grade, best first
standard-part-grade-table = a [[grade]] table
standard-part-grade-name = the grade's name
standard-part-no-verdict = a name that is no verdict
standard-part-true-or-false = true or false
standard-part-criteria-or-none = a list of criteria, empty for the last grade
standard-part-criteria = a list of criteria
standard-part-a-criterion = a criterion
standard-part-actions = a table of actions
standard-part-action-words = leave, remove, thin or pick:N
standard-part-pick = pick:N with a tool position N from 0 to 255
standard-part-rules = a list of rules
standard-part-rule-table = a table with grade, when and route
standard-part-condition = a condition
standard-part-otherwise = what other trays get
standard-part-tray-grade = the tray's grade
standard-part-tray-route = where the tray goes
standard-part-ungraded = where trays go that were not judged
standard-part-name = a name of 1 to 64 letters, digits, "_", "-" and "."
standard-part-words = a text that is not empty
standard-part-share = a number from 0 to 1
standard-part-rule-number = a number from 0 to 1000
standard-part-joined = "and", "or" or the end
standard-part-terms = share(GRADE), blank, double, unsure, a number or "("
standard-part-open-grade = "(" and a grade
standard-part-a-grade = a grade
standard-part-comparison = a comparison
standard-part-share-sum = a sum of shares
standard-part-comparisons = >=, <=, > or <
standard-part-finite = a finite number
standard-part-trait-name = the name of a trait
standard-part-asked-too = { $name } is asked for too
standard-part-in-a-cell = { $name } is { $why } in a graded cell
standard-part-least-and-most = at least { $low } and at most { $high }
standard-part-least-and-below = at least { $low } and below { $high }
standard-part-above-and-most = above { $low } and at most { $high }
standard-part-above-and-below = above { $low } and below { $high }
standard-part-least = at least { $low }
standard-part-above = above { $low }
standard-part-shares = the shares of a tray lie between 0 and 1 and sum to 1
standard-part-such-as-list = { $why }, such as { $example }
standard-part-such-as = { $why } such as { $example }

# Causes: the texts in which the line words them, kept in its store; what stands at $why is a cause itself, at $n a whole number
cause-armed = the line is armed
cause-resumed = the belt was stopped and started: the line goes on
cause-over = over: { $why }
cause-not-armed = the line cannot be armed: { $why }
cause-suspended = { $n } trays in a row were not graded: stop and start the belt to go on
cause-of-tray = tray { $n }: { $why }
cause-of-camera = camera: { $why }
cause-of-reference = reference tray: { $why }
cause-of-judge = net and standard: { $why }
cause-of-job = job: { $why }
cause-of-store = store: { $why }
cause-of-clock = clock: { $why }
cause-of-actuator = actuator: { $why }
cause-camera-fine = the camera gives frames
cause-actuator-fine = the actuator answers
cause-store-fine = the store takes records
cause-net-fine = net and standard judge
cause-line-ended = the line ended
cause-gate-full = the actuator says that a gate is full
cause-gate-free = no gate is full any more
cause-infeed-stopped = the actuator has stopped the infeed
cause-infeed-resumed = the infeed goes on
cause-actuator-not-connected = actuator { $address } is not connected: { $why }
cause-actuator-silent = actuator { $address } did not answer within { $milliseconds } ms
cause-actuator-broken = connection to actuator { $address } failed: { $why }
cause-actuator-exception = actuator { $address } refused a request: { $why }
cause-actuator-registers = actuator's registers make no sense: { $why }
cause-actuator-next-attempt = { $why }; next attempt in { $milliseconds } ms
cause-actuator-no-connection = no connection
cause-actuator-no-connection-within = no connection within { $milliseconds } ms
cause-actuator-other-answer = an answer to something else came: { $answer }
cause-actuator-heartbeat = actuator's heartbeat has stood still for { $milliseconds } ms
cause-actuator-command = the actuator did not answer a command
cause-actuator-anew = the actuator started anew
cause-actuator-fault = the actuator says Fault
cause-actuator-emergency-stop = the actuator says EmergencyStop
cause-actuator-counts-anew = the actuator counts trays from zero again: of those after trigger { $n } that it forgot before it was heard again nothing is known
cause-registers-length = { $found } registers: expected { $expected }
cause-register-state = register 1 (state): expected 0 to 3, found { $found }
cause-register-refusal = register 8 (refusal): expected 0 to 4, found { $found }
cause-register-ending = register 11 (ending): expected 0 to 4, found { $found }
cause-plc-silent = it has not answered
cause-plc-stopped = it is Stopped, not running
cause-plc-fault = it is Fault, not running
cause-plc-emergency-stop = it is EmergencyStop, not running
cause-plc-heartbeat = its heartbeat was not seen to change
cause-plc-last-command = it has not answered the last command
cause-encoder-back = the encoder went back by { $counts } counts
cause-encoder-leapt = the encoder leapt by { $counts } counts between two looks
cause-trigger-back = the trigger's number went back from { $before } to { $now }
cause-encoder-still = the encoder has stood still for { $milliseconds } ms while the belt runs
cause-trays-too-close = two trays came { $counts } counts after each other: expected at least { $least }
cause-latched-elsewhere = a tray was latched { $counts } counts from where the belt is
cause-camera-silent = the camera gave no frame within { $milliseconds } ms
cause-camera-two = the camera gave two frames for one trigger
cause-camera-torn = the frame is torn: { $why }
cause-camera-untriggered = the camera could not be triggered: { $why }
cause-inspection-failed = the inspection failed: { $why }
cause-challenge = the challenge set differs in { $n } places: { $why }
cause-records-lost = records are being lost: { $why }
cause-records-wait = records wait for room: { $why }
cause-store-failed = store failed: { $why }
cause-store-not-opened = store { $path } cannot be opened: { $why }
cause-store-cells = stored cells are damaged: { $why }
cause-store-record = stored record is damaged: { $why }
cause-store-statement = statement is not valid: { $why }
cause-store-unfaithful = report of tray { $tray } cannot be stored: expected finite numbers, found another
cause-spill-not-written = spill file cannot be written: { $why }
cause-spill-not-taken-in = spill file { $path } cannot be taken in: { $why }
cause-spill-no-record = spill file cannot hold a record: { $why }
cause-spill-put-aside = spilled records that cannot be stored are put aside
cause-clock = it says { $now }: expected { $earliest } or later
cause-pictures = { $n } pictures so far are not kept: { $why }
cause-pictures-behind = the keeper of pictures is behind the belt
cause-job-changed = job { $n }, lot { $lot }, standard { $standard }, net { $net }
cause-job-refused = job { $n }, lot { $lot }, standard { $standard }, net { $net }: { $why }
cause-job-ended = trays go to the safe gate until another job begins
cause-job-was-ended = the job was ended
cause-job-none = the last one was ended and no other has begun
cause-job-gate = the distance of the last gate would change from { $before } to { $asked } counts: that is the machine's and needs a restart of the line
cause-job-margin = the late margin would change from { $before } to { $asked } counts: that is the machine's and needs a restart of the line
cause-job-configuration = configuration: [{ $section }] has changed: that takes effect when the line is started anew
cause-job-calibration = calibration: the file has changed: the reference tray is held against it when the line is started anew
cause-reference-well = camera and lamp are as they were recorded
cause-reference-overdue = the reference tray was looked at more than { $hours } h ago: whether camera and lamp have changed is not known; lay it under the camera at the next pause and start the line again
cause-reference-unread = { $why }: the camera cannot be checked; lay the reference tray under the camera, whole and face up, and start the line again
cause-reference-rings = no reference tray is seen: expected 4 rings with a checker between them, found { $n } rings
cause-reference-checker = no reference tray is seen: { $n } rings, but no checker where it should lie between them
cause-reference-flat = the reference tray is seen, but it has no contrast: paper and ink look the same
cause-drift-scale = scale: a pixel covers { $change } % of what was recorded (at most { $most } % either way): areas and distances in millimetres would be wrong by as much and more; set camera and lens back to their height, or record the calibration anew if they were moved on purpose
cause-drift-focus = focus: edges are { $times } times as wide as recorded (at most { $most }): small seedlings would be missed and plants run into each other; wipe the lens and the window before it, then set the focus and lock it
cause-drift-dark = exposure: white paper reads { $level } of 255 and { $clipped } % of it is clipped (expected { $least } to { $most }, at most { $limit } % clipped): plants would drown in noise; set exposure_us and gain so that white paper reads about 200
cause-drift-bright = exposure: white paper reads { $level } of 255 and { $clipped } % of it is clipped (expected { $least } to { $most }, at most { $limit } % clipped): pale leaves could not be told from white; set exposure_us and gain so that white paper reads about 200
cause-drift-lamp-darker = lamp: white paper is { $change } % darker than recorded (at most { $most } % either way): colours and areas would be judged in another light than the grades were set in; clean the lamp or replace it, keep daylight out, and see that exposure_us is as recorded
cause-drift-lamp-brighter = lamp: white paper is { $change } % brighter than recorded (at most { $most } % either way): colours and areas would be judged in another light than the grades were set in; clean the lamp or replace it, keep daylight out, and see that exposure_us is as recorded
cause-drift-evenness = lamp: the darkest corner has lost { $change } % against the brightest (at most { $most } %): plants of one side of the tray would be judged darker than those of the other; look for a dead part of the lamp, and for shadow or sun on one side
cause-drift-cast = colour: white paper has changed its colour by { $change } % (at most { $most } % either way): healthy leaves would look chlorotic, or the reverse; set the camera's white balance on the sheet and switch its automatic off; see that the lamp is of the same kind
cause-drift-patch = colour: the patch { $patch } has changed by { $change } of white (at most { $most }): healthy leaves would look chlorotic, or the reverse; see that the sheet is clean and not faded, and that gamma and colour settings of the camera are as recorded
cause-demo = simulated line: { $trays } trays, { $fired } commands fired at their gate, { $refused } refused by the PLC, { $dropped } dropped (late or doubted), { $late } late fires
cause-no-tray = no tray: { $why }
cause-no-tray-block = no block of cells stands out
cause-no-tray-whole = what could be cells makes no whole block
cause-no-tray-lattice = what could be cells follows no lattice
cause-no-tray-few = fewer than two rows or columns of cells stand out
cause-no-tray-turned = a tray turned by { $found }°, at most { $most }° is read
cause-wrong-grid = wrong grid: expected { $expected }, { $why }
cause-wrong-grid-two = two trays of that grid are in view
cause-wrong-grid-found = found { $rows } rows and { $cols } columns of cells
cause-blurred = too blurred: sharpness { $found }, at least { $limit } needed
cause-dark = too dark: brightest cells at { $found } of 255, at least { $limit } needed
cause-over-exposed = over-exposed: { $found } % of pixels saturated, at most { $limit } % allowed
cause-too-small = too small: a cell spans { $found } px, at least { $limit } needed
cause-way-round = which way round is not known: { $why }
cause-code-none = the tray's code tells, and none was read
cause-code-elsewhere = the tray's code tells, expected { $right } pitches right of and { $below } below the first corner, and it lies elsewhere
cause-no-scale = no scale: the standard asks for millimetres and no pitch or calibration is known
cause-late = late
cause-late-by-actuator = late by the actuator's reckoning
cause-trigger-unseen = its trigger was never seen
cause-trigger-seen-late = its trigger was seen too late
cause-number-again = another tray came with its number
cause-refused-without-reason = the actuator gave no reason
cause-refused-unknown-tray = the actuator knows no such tray, or it has its command
cause-refused-not-ready = the actuator was not ready
cause-refused-queue-full = the actuator's queue was full
cause-command-unanswered = the actuator did not answer: what it did is not known
cause-command-end-not-said = the actuator does not say how it ended
cause-command-no-tray = no tray was at the gate
cause-command-out-of-window = the tray was out of the gate's window
cause-command-flushed = the actuator forgot it before the gate
cause-command-end-unheard = nothing was heard of its end at the gate
cause-command-not-written = the command was not written: { $why }
cause-left-without-result = it left without a result
cause-belt-full = too many trays on the belt
cause-forgotten = forgotten
cause-no-job-for-tray = no job: the last one was ended
cause-tray-line-faulted = the line is faulted: { $why }
cause-tray-line-ending = the line is ending
cause-tray-line-suspended = the line is suspended
cause-tray-line-not-armed = the line is not armed: { $why }
cause-suspended-for = suspended: { $why }
cause-not-graded-in-a-row = { $n } trays in a row were not graded
cause-camera-behind = the camera is behind the belt
cause-ended-with-tray = seedgrade was ended while this tray was in hand
cause-ended-with-command = seedgrade was ended while this command was on its way
cause-ended-before-report = seedgrade was ended before this tray's report was stored
