import Worker.Before
import Worker.Goal
import Worker.Refuse

/-!
# One tactic on one state
-/

open Lean Meta Elab

namespace Worker

/-- One of the states that a tactic led to, as the reply tells of it. -/
structure Next where
  state : ProofState
  goals : Array String
  hash : UInt64

/-- What a tactic did: the states that it led to (none: no goals are left), or why it led nowhere. -/
inductive TacticResult where
  | next (states : List Next)
  | error (message : String)
  | timeout (message : String)
  | refused (what : String)

/-- Does the proof of a finished state stand on `sorry`, on itself, or on metavariables that nothing assigned? -/
def unfinished (root : MVarId) (own : Option Name) : MetaM (Option String) := do
  let e ← instantiateMVars (.mvar root)
  if e.hasSorry then return some "the proof uses `sorry`"
  if e.hasExprMVar then return some "the proof leaves metavariables"
  match own with
  | some n => if e.getUsedConstants.toList.elem n then return some "the proof uses the theorem itself"
  | none => pure ()
  return none

/-- Goals that make one state, printed, and their hash. -/
structure Part where
  goals : List MVarId
  printed : Array String
  hash : UInt64

partial def describe (known : Printed) : List (List MVarId) → MetaM (List Part)
  | [] => return []
  | goals :: rest => do
    let (printed, hash) ← describeGoals known goals
    return { goals := goals, printed := printed, hash := hash } :: (← describe known rest)

/-- All share what the tactic left. A goal by itself is the root of its state: what proves it, proves that. -/
def nextStates (s : ProofState) : List Part → List Next
  | [] => []
  | [p] => [{ state := { s with goals := p.goals }, goals := p.printed, hash := p.hash }]
  | ps => each ps
where
  each : List Part → List Next
    | [] => []
    | p :: ps => match p.goals with
      | [g] => { state := { s with goals := [g], root := g }, goals := p.printed, hash := p.hash } :: each ps
      | _ => each ps

/-- Error recovery is off: with it, an error closes its goal by `sorry` and is only logged. `full` asks for error messages
with the goals and terms that they show. -/
def runTactic (deadline : Deadline) (s : ProofState) (source : String) (split full : Bool) (heartbeats ms : Nat) : IO TacticResult := do
  match Parser.runParserCategory s.coreState.env `tactic source with
  | .error e => return .error e
  | .ok stx =>
    match refusals stx [] with
    | what :: _ => return .refused what
    | [] =>
      let tactic : Lean.Elab.Tactic.TacticM (List Part × Option String) := do
        Lean.Elab.Tactic.evalTactic stx
        Term.synthesizeSyntheticMVarsNoPostponing
        let goals ← Lean.Elab.Tactic.getUnsolvedGoals
        set { goals := goals : Lean.Elab.Tactic.State }
        let late ← match s.horizon, goals with
          | none, _ => pure none
          | some h, [] => lateIn h [s.root] []
          | some h, _ => lateIn h s.goals []
        match late, s.horizon, goals with
        | some n, some h, _ => return ([], some (usesAfter h n))
        | _, _, [] => return ([], ← unfinished s.root s.own)
        | _, _, _ =>
          let parts ← if split then independentParts s.root goals else pure [goals]
          return (← describe s.printed parts, none)
      let run : TermElabM ((List Part × Option String) × Lean.Elab.Tactic.State) :=
        tactic.run { elaborator := .anonymous, recover := false } |>.run { goals := s.goals }
      let token ← deadline.start ms
      let ctx ← s.context heartbeats (some token)
      -- The state of the core is kept by reference: messages that were logged before an exception are still there
      let core ← IO.mkRef s.coreState
      let whole : CoreM ((((List Part × Option String) × Lean.Elab.Tactic.State) × Term.State) × Meta.State) :=
        ((run { errToSorry := false }).run s.termState).run {} s.metaState
      let ran ← (whole ctx core).toBaseIO
      let coreState ← core.get
      let logged ← firstError full coreState.messages.toList
      let result ← match ran, logged with
        | .error (.error _ message), _ => pure (TacticResult.error (← if full then message.toString else pure (brief message "")))
        | _, some message => pure (TacticResult.error message)
        | .error e, none => pure (TacticResult.error (← e.toMessageData.toString))
        | .ok ((((parts, bad), _), termState), metaState), none =>
          match bad with
          | some message => pure (TacticResult.error message)
          | none =>
            let after := { s with coreState := { coreState with messages := {} }, metaState := metaState, termState := termState }
            pure (TacticResult.next (nextStates after parts))
      deadline.stop
      match result with
      | .error message => if ← token.isSet then return .timeout "time limit" else return .error message
      | r => return r

/-- Which of these words begin a tactic? The parser complains of the first token of those that do not. -/
partial def probeTactics (env : Environment) (words : Array Json) (i : Nat) (acc : Array Json) : Array Json :=
  if h : i < words.size then
    match words[i] with
    | .str w =>
      let answer := match Parser.runParserCategory env `tactic w with
        | .ok _ => ""
        | .error e => e
      probeTactics env words (i + 1) (acc.push (.str answer))
    | _ => probeTactics env words (i + 1) acc
  else acc

end Worker
