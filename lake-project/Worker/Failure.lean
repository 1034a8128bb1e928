import Worker.Basic
import Worker.Compat

/-!
# Tactics that fail

Where in a block of tactics an error stands, so that a `sorry` can take the place of what fails, or follow what leaves
goals. Only the syntax is looked at.
-/

open Lean Meta Elab

namespace Worker

/-- An error in a block of tactics, and what a `sorry` would have to replace. -/
structure Failure where
  place : Position
  /-- Are goals left at the end, rather than that a tactic fails? Then `first` is `last`, the end of the block. -/
  unsolved : Bool
  first : Position
  last : Position
  /-- Where the block ends, and the column of its first tactic. -/
  stop : Position
  column : Nat

/-- A block of tactics, with what stands between them. -/
def blockOf? (stx : Syntax) : Option (Array Syntax) :=
  match stx with
  | .node _ kind args =>
    let at_ (i : Nat) : Option (Array Syntax) := if h : i < args.size then some args[i].getArgs else none
    if kind == `Lean.Parser.Tactic.tacticSeq1Indented then at_ 0
    else if kind == `Lean.Parser.Tactic.tacticSeqBracketed then at_ 1
    else none
  | _ => none

partial def itemAt (items : Array Syntax) (pos : TextPos) (i : Nat) : Option Syntax :=
  if h : i < items.size then
    match items[i].getPos?, items[i].getTailPos? with
    | some first, some last =>
      if first.byteIdx ≤ pos.byteIdx && pos.byteIdx < last.byteIdx then some items[i] else itemAt items pos (i + 2)
    | _, _ => itemAt items pos (i + 2)
  else none

/-- The end of the last of these that has one. -/
partial def endOf (items : Array Syntax) (n : Nat) : Option TextPos :=
  if n == 0 then none
  else if h : n - 1 < items.size then
    match items[n - 1].getTailPos? with
    | some last => some last
    | none => endOf items (n - 1)
  else none

mutual
/-- The innermost tactic of a block that stands around a place, and its block. -/
partial def tacticAt (stx : Syntax) (pos : TextPos) (best : Option (Syntax × Array Syntax)) : Option (Syntax × Array Syntax) :=
  let best := match blockOf? stx with
    | some items => match itemAt items pos 0 with
      | some item => some (item, items)
      | none => best
    | none => best
  match stx with
  | .node _ _ args => tacticAtFrom args pos 0 best
  | _ => best
partial def tacticAtFrom (args : Array Syntax) (pos : TextPos) (i : Nat) (best : Option (Syntax × Array Syntax)) : Option (Syntax × Array Syntax) :=
  if h : i < args.size then tacticAtFrom args pos (i + 1) (tacticAt args[i] pos best) else best
end

mutual
/-- The first block that begins at a place or after it, and where. -/
partial def blockFrom (stx : Syntax) (pos : TextPos) : Option (Array Syntax × TextPos) :=
  let here := match blockOf? stx with
    | some items => if h : 0 < items.size then (match items[0].getPos? with
        | some first => if pos.byteIdx ≤ first.byteIdx then some (items, first) else none
        | none => none) else none
    | none => none
  match here with
  | some found => some found
  | none => match stx with
    | .node _ _ args => blockFromArgs args pos 0
    | _ => none
partial def blockFromArgs (args : Array Syntax) (pos : TextPos) (i : Nat) : Option (Array Syntax × TextPos) :=
  if h : i < args.size then
    match blockFrom args[i] pos with
    | some found => some found
    | none => blockFromArgs args pos (i + 1)
  else none
end

def failureAt (map : FileMap) (stx : Syntax) (m : Message) (unsolved : Bool) : Option Failure :=
  let pos := map.ofPosition m.pos
  if unsolved then
    -- a block without tactics is not there: then the goals are left right behind the `by`
    let behind (p : Position) : Failure :=
      { place := m.pos, unsolved := true, first := p, last := p, stop := p, column := 0 }
    match blockFrom stx pos with
    | some (items, first) => match endOf items items.size with
      | some last =>
        let stop := map.toPosition last
        some { place := m.pos, unsolved := true, first := stop, last := stop, stop := stop, column := (map.toPosition first).column }
      | none => none
    | none => match m.endPos with
      | some p => some (behind p)
      | none => none
  else match tacticAt stx pos none with
    | some (item, items) =>
      match item.getPos?, item.getTailPos?, endOf items items.size with
      | some first, some last, some stop =>
        some { place := m.pos, unsolved := false, first := map.toPosition first, last := map.toPosition last,
               stop := map.toPosition stop, column := (map.toPosition first).column }
      | _, _, _ => none
    | none => none

partial def failures (map : FileMap) (stx : Syntax) : List Message → List Failure → IO (List Failure)
  | [], acc => return acc
  | m :: ms, acc => do
    if isError m.severity then do
      let text ← m.data.toString
      let unsolved := textBeginsWith text "unsolved goals"
      match failureAt map stx m unsolved with
      | some f => failures map stx ms (f :: acc)
      | none => failures map stx ms acc
    else failures map stx ms acc

end Worker
