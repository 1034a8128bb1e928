import Lean
import Worker.Compat

/-!
# Ground rules

One source serves every Lean: `lean_env/source.py` puts the parts together (in the order `Compat`, `Basic`, `Refuse`,
`Goal`, `Before`, `Failure`, `Text`, `Holes`, `Tactic`, `Export`, `Verify`, `Library`, `Main`) and runs the whole with
`lean --run`.

The style is plainer than Lean allows, for one reason: the bundled Lean ships only the exported half of its library, in
which functions that the compiler specialised cannot be called. So lists and arrays are walked by recursion, not by `for`,
`map`, `toList`, `reverse` or string interpolation, and a few library functions are written out again below.
-/

open Lean Meta Elab

namespace Worker

def reverseOnto {α : Type} : List α → List α → List α
  | [], acc => acc
  | x :: xs, acc => reverseOnto xs (x :: acc)

def append {α : Type} (xs ys : List α) : List α :=
  reverseOnto (reverseOnto xs []) ys

/-- The first `n` of a list. -/
def firstOf {α : Type} : Nat → List α → List α
  | 0, _ => []
  | _, [] => []
  | n + 1, x :: xs => x :: firstOf n xs

partial def namesFrom (a : Array Name) (i : Nat) (acc : List Name) : List Name :=
  if h : i < a.size then namesFrom a (i + 1) (a[i] :: acc) else acc

def containsString (s : String) : List String → Bool
  | [] => false
  | x :: xs => if x == s then true else containsString s xs

/-- `Meta.withLCtx`. -/
def withContext {α : Type} (lctx : LocalContext) (insts : LocalInstances) (x : MetaM α) : MetaM α :=
  fun ctx => x { ctx with lctx := lctx, localInstances := insts }

/-! ## JSON -/

def getStr? (j : Json) (key : String) : Option String :=
  match j.getObjVal? key with
  | .ok (.str s) => some s
  | _ => none

def getNat (j : Json) (key : String) (default : Nat) : Nat :=
  match j.getObjVal? key with
  | .ok (.num n) => n.mantissa.toNat
  | _ => default

def getBool (j : Json) (key : String) (default : Bool) : Bool :=
  match j.getObjVal? key with
  | .ok (.bool b) => b
  | _ => default

def getArr (j : Json) (key : String) : Array Json :=
  match j.getObjVal? key with
  | .ok (.arr a) => a
  | _ => #[]

partial def jsonStringsFrom (a : Array String) (i : Nat) (acc : Array Json) : Array Json :=
  if h : i < a.size then jsonStringsFrom a (i + 1) (acc.push (.str a[i])) else acc

def jsonStrings (a : Array String) : Json := .arr (jsonStringsFrom a 0 #[])

partial def jsonNames : List Name → Array Json → Json
  | [], acc => .arr acc
  | n :: ns, acc => jsonNames ns (acc.push (.str n.toString))

/-- One reply, one line. -/
def reply (fields : List (String × Json)) : IO Unit := do
  let out ← IO.getStdout
  out.putStrLn (Json.compress (.mkObj fields))
  out.flush

/-! ## Deadlines -/

/-- The deadline of the request in hand, in milliseconds of the monotonic clock, and the token that stops it. -/
structure Deadline where
  current : IO.Ref (Option (Nat × IO.CancelToken))
  /-- No request will come any more: Lean ends only when all its tasks have. -/
  closed : IO.Ref Bool

/-- Sets the token when the deadline has passed. Lean looks at it wherever it counts heartbeats. -/
partial def watch (deadline : Deadline) : IO Unit := do
  IO.sleep 10
  if ← deadline.closed.get then return
  match ← deadline.current.get with
  | some (limit, token) =>
    let now ← IO.monoMsNow
    if now > limit then token.set
  | none => pure ()
  watch deadline

def Deadline.start (deadline : Deadline) (ms : Nat) : IO IO.CancelToken := do
  let token ← IO.CancelToken.new
  if ms > 0 then
    let now ← IO.monoMsNow
    deadline.current.set (some (now + ms, token))
  return token

def Deadline.stop (deadline : Deadline) : IO Unit :=
  deadline.current.set none

/-! ## States -/

structure Place where
  line : Nat
  column : Nat

/-- A theorem of the library that is to be proved from what comes before it (see `Before`). -/
structure Horizon where
  name : Name
  /-- Its module's number, in the order of the imports. -/
  home : Nat
  /-- Where it is declared, if that is known. -/
  place : Option Place
  /-- The places of its module's declarations, as the module keeps them. -/
  ranges : Array EnvExtensionEntry
  /-- What its statement rests on in its module. -/
  known : NameSet

/-- Goals of a text that were printed, by the hash of the closed goal, since the same goal comes up again and again. -/
structure Printed where
  buckets : IO.Ref (Array (List (Expr × String)))

def bucketCount : Nat := 1024

partial def emptyBuckets (n : Nat) (acc : Array (List (Expr × String))) : Array (List (Expr × String)) :=
  if n == 0 then acc else emptyBuckets (n - 1) (acc.push [])

def Printed.new : BaseIO Printed := do
  return { buckets := ← IO.mkRef (emptyBuckets bucketCount #[]) }

/-- A tactic state that can be gone on from at any time. -/
structure ProofState where
  coreState : Core.State
  metaState : Meta.State
  termState : Term.State
  goals : List MVarId
  /-- What the first state of the proof asked for; its value is the proof. -/
  root : MVarId
  options : Options
  currNamespace : Name
  opens : List OpenDecl
  printed : Printed
  horizon : Option Horizon := none
  /-- The declaration that the proof is for, where the environment has it already. -/
  own : Option Name := none

/-- A context for Lean's monads. Heartbeats are counted from now: they add up over the life of a process otherwise. -/
def coreContext (heartbeats : Nat) (token : Option IO.CancelToken) (options : Options) (currNamespace : Name)
    (opens : List OpenDecl) : BaseIO Core.Context := do
  let now ← IO.getNumHeartbeats
  return { fileName := "<worker>", fileMap := default, options := options, currNamespace := currNamespace, openDecls := opens,
           maxHeartbeats := heartbeats * 1000, initHeartbeats := now, maxRecDepth := Lean.maxRecDepth.get options,
           cancelTk? := token }

def ProofState.context (s : ProofState) (heartbeats : Nat) (token : Option IO.CancelToken) : BaseIO Core.Context :=
  coreContext heartbeats token s.options s.currNamespace s.opens

/-! ## Messages -/

def severityName : MessageSeverity → String
  | .error => "error"
  | .warning => "warning"
  | .information => "info"

def isError : MessageSeverity → Bool
  | .error => true
  | _ => false

partial def jsonMessages : List Message → Array Json → IO (Array Json)
  | [], acc => pure acc
  | m :: ms, acc => do
    let text ← m.data.toString
    jsonMessages ms (acc.push (.mkObj [("line", .num m.pos.line), ("column", .num m.pos.column),
      ("severity", .str (severityName m.severity)), ("text", .str text)]))

/-- The plain text of a message, with `…` for what it shows of goals and terms: to print those takes longer than most
tactics. -/
partial def brief (m : MessageData) (acc : String) : String :=
  match m with
  | .withContext _ m => brief m acc
  | .withNamingContext _ m => brief m acc
  | .nest _ m => brief m acc
  | .group m => brief m acc
  | .tagged _ m => brief m acc
  | .compose a b => brief b (brief a acc)
  | .trace .. => acc
  | m => match plainText? m with
    | some text => acc ++ text
    | none => acc ++ "…"

/-- The first error among messages; in full, or its plain text alone. -/
partial def firstError (full : Bool) : List Message → IO (Option String)
  | [] => return none
  | m :: ms =>
    if isError m.severity then do
      if full then return some (← m.data.toString) else return some (brief m.data "")
    else firstError full ms

end Worker
