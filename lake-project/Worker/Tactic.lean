import Worker.Goal
import Worker.Refuse

/-!
# One tactic on one state
-/

open Lean Meta Elab

namespace Worker

/-- What a tactic did: the state that it led to, or why it led to none. -/
inductive TacticResult where
  | next (state : ProofState) (goals : Array String) (hash : UInt64)
  | error (message : String)
  | timeout (message : String)
  | refused (what : String)

/-- Does the proof of a finished state stand on `sorry`, or on metavariables that nothing assigned? -/
def unfinished (root : MVarId) : MetaM (Option String) := do
  let e ← instantiateMVars (.mvar root)
  if e.hasSorry then return some "the proof uses `sorry`"
  if e.hasExprMVar then return some "the proof leaves metavariables"
  return none

/-- Error recovery is off: with it, an error closes its goal by `sorry` and is only logged. -/
def runTactic (deadline : Deadline) (s : ProofState) (source : String) (heartbeats ms : Nat) : IO TacticResult := do
  match Parser.runParserCategory s.coreState.env `tactic source with
  | .error e => return .error e
  | .ok stx =>
    match refusals stx [] with
    | what :: _ => return .refused what
    | [] =>
      let tactic : Lean.Elab.Tactic.TacticM (Array String × UInt64 × Option String) := do
        Lean.Elab.Tactic.evalTactic stx
        Term.synthesizeSyntheticMVarsNoPostponing
        let goals ← Lean.Elab.Tactic.getUnsolvedGoals
        set { goals := goals : Lean.Elab.Tactic.State }
        let printed ← printGoals goals #[]
        let hash ← hashGoals goals
        let bad ← match goals with
          | [] => unfinished s.root
          | _ => pure none
        return (printed, hash, bad)
      let run : TermElabM ((Array String × UInt64 × Option String) × Lean.Elab.Tactic.State) :=
        tactic.run { elaborator := .anonymous, recover := false } |>.run { goals := s.goals }
      let token ← deadline.start ms
      let ctx ← s.context heartbeats (some token)
      let result ← try
          let ((((printed, hash, bad), tac), termState), coreState, metaState) ←
            ((run { errToSorry := false }).run s.termState).toIO ctx s.coreState {} s.metaState
          match ← firstError coreState.messages.toList with
          | some message => pure (TacticResult.error message)
          | none =>
            match bad with
            | some message => pure (TacticResult.error message)
            | none =>
              pure (TacticResult.next { s with coreState := { coreState with messages := {} }, metaState := metaState, termState := termState, goals := tac.goals } printed hash)
        catch e => pure (TacticResult.error (toString e))
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
