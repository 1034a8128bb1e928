import Worker.Holes
import Worker.Tactic
import Worker.Verify
import Worker.Library

/-!
# The loop: a request a line in, a reply a line out

The protocol is described in `lean_env/protocol.py`.
-/

open Lean Meta Elab

namespace Worker

structure Server where
  elaborator : Elaborator
  states : IO.Ref (Array (Option ProofState))

def elapsedMicroseconds (since : Nat) : IO Json := do
  let now ← IO.monoNanosNow
  return .num ((now - since) / 1000 : Nat)

def keep (s : Server) (state : ProofState) : IO Nat := do
  -- taken out while it changes, so that it is changed in place
  let states ← s.states.swap #[]
  let n := states.size
  s.states.set (states.push (some state))
  return n

partial def keepHoles (s : Server) (horizon : Option Horizon) (a : Array Hole) (i : Nat) (acc : Array Json) : IO (Array Json) := do
  if hi : i < a.size then
    let h := a[i]
    let id ← keep s { h.state with horizon := horizon }
    keepHoles s horizon a (i + 1) (acc.push (.mkObj [("state", .num id), ("kind", .str h.kind), ("line", .num h.line), ("column", .num h.column),
      ("end_line", .num h.endLine), ("end_column", .num h.endColumn), ("declaration", .str h.declaration.toString),
      ("goals", jsonStrings h.goals), ("hash", .num h.hash.toNat)]))
  else return acc

partial def keepAllHoles (s : Server) (horizon : Option Horizon) : List (Array Hole) → Array Json → IO (Array Json)
  | [], acc => return acc
  | a :: rest, acc => do keepAllHoles s horizon rest (← keepHoles s horizon a 0 acc)

def jsonPlace (p : Position) : Json := .arr #[.num p.line, .num p.column]

partial def jsonParts : List Stretch → Array Json → Json
  | [], acc => .arr acc
  | p :: ps, acc => jsonParts ps (acc.push (.mkObj [("first", jsonPlace p.first), ("last", jsonPlace p.last), ("wrong", .bool p.wrong)]))

partial def jsonFailures : List Failure → Array Json → Json
  | [], acc => .arr acc
  | f :: fs, acc => jsonFailures fs (acc.push (.mkObj [("place", jsonPlace f.place), ("unsolved", .bool f.unsolved),
      ("first", jsonPlace f.first), ("last", jsonPlace f.last), ("stop", jsonPlace f.stop), ("indent", .num f.column)]))

/-- The library theorem that a request says is to be proved once more. -/
def horizonIn (base : Environment) (j : Json) : IO (Option Horizon) :=
  match horizonOf base ((getStr? j "before").getD "") with
  | .ok horizon => pure horizon
  | .error why => throw (IO.userError why)

def answerOpen (s : Server) (id : Json) (j : Json) : IO Unit := do
  let start ← IO.monoNanosNow
  let text := (getStr? j "text").getD ""
  let e ← elaborate s.elaborator text (getNat j "ms" 0) none
  let horizon ← horizonIn e.base j
  let found ← holes e.fileMap e.progress.sorries []
  let messages ← jsonMessages e.progress.messages #[]
  let kept ← keepAllHoles s horizon found #[]
  reply [("id", id), ("end", .bool true), ("holes", .arr kept), ("messages", .arr messages),
    ("parts", jsonParts (reverseOnto e.progress.parts []) #[]), ("failures", jsonFailures (reverseOnto e.progress.failures []) #[]),
    ("elaborated", .num e.fresh), ("us", ← elapsedMicroseconds start)]

partial def keepStates (s : Server) : List Next → Array Json → IO Json
  | [], acc => return .arr acc
  | n :: ns, acc => do
    let id ← keep s n.state
    keepStates s ns (acc.push (.mkObj [("state", .num id), ("goals", jsonStrings n.goals), ("hash", .num n.hash.toNat)]))

/-- A reply a tactic. Stops after the first that leaves no goals. -/
partial def applyFrom (s : Server) (id : Json) (state : ProofState) (tactics : Array Json) (split full : Bool) (heartbeats ms : Nat) (i : Nat) : IO Unit := do
  if h : i < tactics.size then
    match tactics[i] with
    | .str source =>
      let start ← IO.monoNanosNow
      let result ← runTactic s.elaborator.deadline state source split full heartbeats ms
      let us ← elapsedMicroseconds start
      let last : Bool := i + 1 == tactics.size
      match result with
      | .next states =>
        let proved : Bool := match states with
          | [] => true
          | _ => false
        let kept ← keepStates s states #[]
        let last := last || proved
        reply [("id", id), ("index", .num i), ("end", .bool last), ("kind", .str (if proved then "proved" else "open")),
          ("states", kept), ("us", us)]
        if last then return else applyFrom s id state tactics split full heartbeats ms (i + 1)
      | .error message => fail i last "error" message us
      | .timeout message => fail i last "timeout" message us
      | .refused what => fail i last "refused" what us
    | _ => reply [("id", id), ("end", .bool true), ("failure", .str "a tactic is not a string")]
  else reply [("id", id), ("end", .bool true), ("failure", .str "no tactics")]
where fail (i : Nat) (last : Bool) (kind message : String) (us : Json) : IO Unit := do
  reply [("id", id), ("index", .num i), ("end", .bool last), ("kind", .str kind), ("message", .str message), ("us", us)]
  if last then return else applyFrom s id state tactics split full heartbeats ms (i + 1)

def answerApply (s : Server) (id : Json) (j : Json) : IO Unit := do
  let states ← s.states.get
  let n := getNat j "state" states.size
  if h : n < states.size then
    match states[n] with
    | some state => applyFrom s id state (getArr j "tactics") (getBool j "split" true) (getBool j "full" false) (getNat j "heartbeats" 200000) (getNat j "ms" 0) 0
    | none => reply [("id", id), ("end", .bool true), ("failure", .str "the state was dropped")]
  else reply [("id", id), ("end", .bool true), ("failure", .str "there is no such state")]

partial def dropFrom (s : Server) (ids : Array Json) (i : Nat) : IO Unit := do
  if h : i < ids.size then
    match ids[i] with
    | .num n =>
      let states ← s.states.swap #[]
      s.states.set (replaceAt states n.mantissa.toNat none)
    | _ => pure ()
    dropFrom s ids (i + 1)

/-- What a text declares, for another process to judge. `left` is how many of the original's `sorry`s may still stand in
it: those of other holes than the one filled. -/
def answerExport (s : Server) (id : Json) (j : Json) : IO Unit := do
  let start ← IO.monoNanosNow
  let ms := getNat j "ms" 0
  let commands ← match getStr? j "original" with
    | some text => do pure (commandsOf (← elaborate s.elaborator text ms none).progress.refusals)
    | none => pure []
  let e ← elaborate s.elaborator ((getStr? j "text").getD "") ms (some { sorries := some (getNat j "left" 0), commands := commands })
  let messages ← jsonMessages e.progress.messages #[]
  let env := e.progress.command.env
  let sheet ← Sheet.new
  writeConstants sheet env (addedConstants env)
  reply [("id", id), ("end", .bool true), ("messages", .arr messages), ("refused", .str (e.refused.getD "")),
    ("constants", .arr (← sheet.rows.get)), ("may_sorry", jsonNames e.progress.maySorry #[]), ("us", ← elapsedMicroseconds start)]

/-- The original's constants, as a text's come here, and the environment of its imports. -/
def originalSource (o : Elaborated) : IO (Source × List Name) := do
  let env := o.progress.command.env
  let sheet ← Sheet.new
  writeConstants sheet env (addedConstants env)
  let constants ← readConstants (← sheet.rows.get) 0 #[] []
  return (sourceOf o.base constants, namesOf constants [])

/-- Judge the constants of a text that another process has elaborated. Only the original is elaborated here; unless it is
`trusted`, it is not when it says something that could change this process: then that is the answer.

`negated` asks for the negation of the original's theorem instead, under a name of its own. -/
def answerJudge (s : Server) (id : Json) (j : Json) : IO Unit := do
  let start ← IO.monoNanosNow
  let left := getNat j "left" 0
  let negated := getBool j "negated" false
  let allowed : Option Allowed := if getBool j "trusted" false then none else some { sorries := none, commands := [] }
  let original ← match getStr? j "original" with
    | some text => do pure (some (← elaborate s.elaborator text (getNat j "ms" 0) allowed))
    | none => pure none
  match original with
  | some { refused := some what, .. } => reply [("id", id), ("end", .bool true), ("untrusted", .str what), ("us", ← elapsedMicroseconds start)]
  | _ =>
    let (header, _, _) ← Parser.parseHeader (inputContext ((getStr? j "text").getD ""))
    let base ← importsOf s.elaborator (Elab.headerToImports header)
    let horizon ← horizonIn base j
    let constants ← readConstants (getArr j "constants") 0 #[] []
    let source := sourceOf base constants
    let names := namesOf constants []
    let unproved := usersOfSorry source names []
    let ((open_, targets, differ), originalErrors) ← match original with
      | some o => do
        let (source', originals) ← originalSource o
        let users := usersOfSorry source' originals []
        -- of other holes only what still says `sorry` in the text
        let open_ := if left == 0 || negated then [] else among (stringsFrom (getArr j "may_sorry") 0 []) users
        let found := if negated then
            let (bad, targets) := negationOf source' source users
            ([], targets, append bad (differences source' source (comparedWithout source' (publicNames originals) users) []))
          else
            (open_, if left == 0 then users else minus unproved users, differences source' source (meant source' (publicNames originals) []) [])
        let (open_, targets, differ) := found
        pure ((open_, targets, append (importsMissing o.base base) differ), ← jsonMessages (errorsOf o.progress.messages) #[])
      | none => pure (([], theorems source (publicNames names), if negated then ["there is no original to negate"] else []), #[])
    let ctx ← coreContext 2000000 none sequentialOptions .anonymous []
    -- only what still is a hole is not replayed: what was filled must not build on it
    let bad := minus open_ unproved
    let (v, failed) ← replayEach source ctx (minus (minus bad unproved) names) { env := base } []
    let late := match horizon with
      | some h => lateUses v.env h targets []
      | none => []
    reply [("id", id), ("end", .bool true), ("original_errors", .arr originalErrors),
      ("declared", jsonNames (publicNames names) #[]), ("targets", jsonUserNames targets #[]),
      ("sorry", jsonNames bad #[]), ("axioms", jsonNames v.axioms #[]),
      ("failed", jsonStringList failed #[]), ("late", jsonStringList late #[]),
      ("differences", jsonStringList (append (elsewhere source targets) differ) #[]),
      ("us", ← elapsedMicroseconds start)]
where
  stringsFrom (a : Array Json) (i : Nat) (acc : List String) : List String :=
    if h : i < a.size then stringsFrom a (i + 1) (match a[i] with
      | .str w => w :: acc
      | _ => acc)
    else acc
  jsonUserNames : List Name → Array Json → Json
    | [], acc => .arr acc
    | n :: ns, acc => jsonUserNames ns (acc.push (.str (userName n).toString))
  jsonStringList : List String → Array Json → Json
    | [], acc => .arr acc
    | x :: xs, acc => jsonStringList xs (acc.push (.str x))
  errorsOf : List Message → List Message
    | [] => []
    | m :: ms => if isError m.severity then m :: errorsOf ms else errorsOf ms

def answerTactics (s : Server) (id : Json) (j : Json) : IO Unit := do
  let e ← elaborate s.elaborator ((getStr? j "text").getD "") 0 none
  reply [("id", id), ("end", .bool true), ("answers", .arr (probeTactics e.progress.command.env (getArr j "words") 0 #[]))]

/-- The constants of a state's first goal. -/
def answerSymbols (s : Server) (id : Json) (j : Json) : IO Unit := do
  let states ← s.states.get
  let n := getNat j "state" states.size
  let state? := if h : n < states.size then states[n] else none
  match state? with
  | some state =>
    let (target, context) ← symbolsOf state
    reply [("id", id), ("end", .bool true), ("target", jsonNames target #[]), ("context", jsonNames context #[])]
  | none => reply [("id", id), ("end", .bool true), ("failure", .str "there is no such state")]

/-- Theorems of the modules from the one with the number `first` on, for so long as `ms` milliseconds are not over. -/
def answerLibrary (s : Server) (id : Json) (j : Json) : IO Unit := do
  let e ← elaborate s.elaborator ((getStr? j "text").getD "") 0 none
  let start ← IO.monoMsNow
  let first := getNat j "first" 0
  let modules := e.base.header.moduleData.size
  let (found, next) ← libraryFrom e.base first (start + getNat j "ms" 1000) #[]
  reply [("id", id), ("end", .bool true), ("modules", .arr found), ("next", if next < modules then .num next else .null)]

def answer (s : Server) (j : Json) : IO Unit := do
  let id := match j.getObjVal? "id" with
    | .ok id => id
    | .error _ => .null
  try
    match getStr? j "op" with
    | some "open" => answerOpen s id j
    | some "apply" => answerApply s id j
    | some "drop" => dropFrom s (getArr j "states") 0; reply [("id", id), ("end", .bool true)]
    | some "export" => answerExport s id j
    | some "judge" => answerJudge s id j
    | some "symbols" => answerSymbols s id j
    | some "library" => answerLibrary s id j
    | some "tactics" => answerTactics s id j
    | _ => reply [("id", id), ("end", .bool true), ("failure", .str "there is no such op")]
  catch e =>
    s.elaborator.deadline.stop
    reply [("id", id), ("end", .bool true), ("failure", .str (toString e))]

partial def loop (s : Server) (input : IO.FS.Stream) : IO Unit := do
  let line ← input.getLine
  if line.isEmpty then return
  match Json.parse line with
  | .ok j => answer s j
  | .error e => reply [("id", .null), ("end", .bool true), ("failure", .str e)]
  loop s input

def serve : IO Unit := do
  let deadline : Deadline := { current := ← IO.mkRef none, closed := ← IO.mkRef false }
  let elaborator : Elaborator := { deadline := deadline, headers := ← IO.mkRef [], kept := ← IO.mkRef [] }
  let s : Server := { elaborator := elaborator, states := ← IO.mkRef #[] }
  let _ ← IO.asTask (watch deadline) Task.Priority.dedicated
  reply [("hello", .num 1), ("lean", .str Lean.versionString)]
  try loop s (← IO.getStdin)
  catch e =>
    deadline.closed.set true
    throw e
  deadline.closed.set true

end Worker

/-- Requests are answered in a task of its own, whose stack is large: deep recursion is then an error of Lean's, not the
end of the process. -/
def main : IO Unit := do
  let task ← IO.asTask Worker.serve Task.Priority.dedicated
  match task.get with
  | .ok _ => pure ()
  | .error e => throw e
