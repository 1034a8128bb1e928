import Worker.Basic
import Worker.Compat

/-!
# Constants as data

What a text declares goes to the process that judges it as rows of names, levels, terms and constants, each of which
refers to earlier rows by their number. So the judge reads data, and runs nothing that the text brought along.
-/

open Lean

namespace Worker

inductive Kind where
  | assumed
  | proved
  | defined (hints : ReducibilityHints) (safe : Bool)
  | hidden (safe : Bool)
  | type (parameters : Nat) (all constructors : List Name) (safe : Bool)
  | constructor (type : Name)
  | recursor
  | quotient

/-- What a judge needs to know of a constant; the rest is made again by the kernel. -/
structure Constant where
  name : Name
  levels : List Name
  type : Expr
  value : Option Expr
  kind : Kind

def isSafe : DefinitionSafety → Bool
  | .safe => true
  | _ => false

def constantOf (c : ConstantInfo) : Constant :=
  match c with
  | .axiomInfo a => { name := a.name, levels := a.levelParams, type := a.type, value := none, kind := .assumed }
  | .thmInfo t => { name := t.name, levels := t.levelParams, type := t.type, value := some t.value, kind := .proved }
  | .defnInfo d => { name := d.name, levels := d.levelParams, type := d.type, value := some d.value, kind := .defined d.hints (isSafe d.safety) }
  | .opaqueInfo o => { name := o.name, levels := o.levelParams, type := o.type, value := some o.value, kind := .hidden (!o.isUnsafe) }
  | .inductInfo i => { name := i.name, levels := i.levelParams, type := i.type, value := none, kind := .type i.numParams i.all i.ctors (!i.isUnsafe) }
  | .ctorInfo c => { name := c.name, levels := c.levelParams, type := c.type, value := none, kind := .constructor c.induct }
  | .recInfo r => { name := r.name, levels := r.levelParams, type := r.type, value := none, kind := .recursor }
  | .quotInfo q => { name := q.name, levels := q.levelParams, type := q.type, value := none, kind := .quotient }

/-! ## Writing -/

abbrev Numbers (α : Type) := IO.Ref (Array (List (α × Nat)))

/-- Rows written so far, and the numbers of those that say the same. -/
structure Sheet where
  rows : IO.Ref (Array Json)
  names : Numbers Name
  levels : Numbers Level
  terms : Numbers Expr

partial def emptyNumbers {α : Type} (n : Nat) (acc : Array (List (α × Nat))) : Array (List (α × Nat)) :=
  if n == 0 then acc else emptyNumbers (n - 1) (acc.push [])

def Sheet.new : BaseIO Sheet := do
  return { rows := ← IO.mkRef #[], names := ← IO.mkRef (emptyNumbers 1024 #[]), levels := ← IO.mkRef (emptyNumbers 256 #[]),
           terms := ← IO.mkRef (emptyNumbers 8192 #[]) }

partial def numberOf? {α : Type} (same : α → α → Bool) (x : α) : List (α × Nat) → Option Nat
  | [] => none
  | (y, n) :: rest => if same x y then some n else numberOf? same x rest

/-- The number of the row for `x`, written now if it is not there. -/
def numbered {α : Type} (numbers : Numbers α) (hash : UInt64) (same : α → α → Bool) (x : α) (write : IO Nat) : IO Nat := do
  let buckets ← numbers.get
  let i := hash.toNat % buckets.size
  let bucket := if h : i < buckets.size then buckets[i] else []
  match numberOf? same x bucket with
  | some n => return n
  | none =>
    let n ← write
    -- taken out while it changes, so that it is changed in place; writing may have changed it
    let buckets ← numbers.swap #[]
    let bucket := if h : i < buckets.size then buckets[i] else []
    numbers.set (replaceAt buckets i ((x, n) :: bucket))
    return n

def Sheet.row (s : Sheet) (cells : Array Json) : IO Nat := do
  let rows ← s.rows.swap #[]
  let n := rows.size
  s.rows.set (rows.push (.arr cells))
  return n

def number (n : Nat) : Json := .num n

def sameName (a b : Name) : Bool := a.hash == b.hash && a == b
def sameLevel (a b : Level) : Bool := a.hash == b.hash && a == b
def sameExpr (a b : Expr) : Bool := a.hash == b.hash && a.equal b

partial def writeName (s : Sheet) (n : Name) : IO Nat :=
  numbered s.names n.hash sameName n do
    match n with
    | .anonymous => s.row #[.str "anonymous"]
    | .str p w => s.row #[.str "str", number (← writeName s p), .str w]
    | .num p k => s.row #[.str "num", number (← writeName s p), number k]

partial def writeLevel (s : Sheet) (l : Level) : IO Nat :=
  numbered s.levels l.hash sameLevel l do
    match l with
    | .zero => s.row #[.str "zero"]
    | .succ l => s.row #[.str "succ", number (← writeLevel s l)]
    | .max a b => s.row #[.str "max", number (← writeLevel s a), number (← writeLevel s b)]
    | .imax a b => s.row #[.str "imax", number (← writeLevel s a), number (← writeLevel s b)]
    | .param n => s.row #[.str "param", number (← writeName s n)]
    | .mvar _ => s.row #[.str "hole"]

partial def writeLevels (s : Sheet) : List Level → Array Json → IO (Array Json)
  | [], acc => return acc
  | l :: ls, acc => do writeLevels s ls (acc.push (number (← writeLevel s l)))

partial def writeNames (s : Sheet) : List Name → Array Json → IO Json
  | [], acc => return .arr acc
  | n :: ns, acc => do writeNames s ns (acc.push (number (← writeName s n)))

def binderNumber : BinderInfo → Json
  | .default => number 0
  | .implicit => number 1
  | .strictImplicit => number 2
  | .instImplicit => number 3

partial def writeTerm (s : Sheet) (e : Expr) : IO Nat :=
  match e with
  | .mdata _ e => writeTerm s e -- the kernel looks through it
  | _ => numbered s.terms e.hash sameExpr e do
    match e with
    | .bvar i => s.row #[.str "bvar", number i]
    | .sort l => s.row #[.str "sort", number (← writeLevel s l)]
    | .const n ls => s.row (← writeLevels s ls #[.str "const", number (← writeName s n)])
    | .app f x => s.row #[.str "app", number (← writeTerm s f), number (← writeTerm s x)]
    | .lam n t b i => s.row #[.str "lam", number (← writeName s n), number (← writeTerm s t), number (← writeTerm s b), binderNumber i]
    | .forallE n t b i => s.row #[.str "pi", number (← writeName s n), number (← writeTerm s t), number (← writeTerm s b), binderNumber i]
    | .letE n t v b nondep =>
      s.row #[.str "let", number (← writeName s n), number (← writeTerm s t), number (← writeTerm s v), number (← writeTerm s b), .bool nondep]
    | .lit (.natVal n) => s.row #[.str "nat", .str (toString n)]
    | .lit (.strVal w) => s.row #[.str "string", .str w]
    | .proj n i e => s.row #[.str "proj", number (← writeName s n), number i, number (← writeTerm s e)]
    | .mdata _ _ => s.row #[.str "open"]
    | .mvar _ => s.row #[.str "open"]
    | .fvar _ => s.row #[.str "open"]

/-- The kind's cells, after those of the constant. -/
def writeKind (s : Sheet) (cells : Array Json) : Kind → IO (Array Json)
  | .assumed => return cells.push (.str "axiom")
  | .proved => return cells.push (.str "theorem")
  | .defined hints safe => return ((cells.push (.str "definition")).push (.bool safe)).push (hint hints)
  | .hidden safe => return (cells.push (.str "opaque")).push (.bool safe)
  | .type parameters all constructors safe => do
    let cells := ((cells.push (.str "type")).push (.bool safe)).push (number parameters)
    return (cells.push (← writeNames s all #[])).push (← writeNames s constructors #[])
  | .constructor type => do return (cells.push (.str "constructor")).push (number (← writeName s type))
  | .recursor => return cells.push (.str "recursor")
  | .quotient => return cells.push (.str "quotient")
where
  hint : ReducibilityHints → Json
    | .opaque => number 0
    | .abbrev => number 1
    | .regular h => number (h.toNat + 2)

def writeConstant (s : Sheet) (c : Constant) : IO Unit := do
  let name ← writeName s c.name
  let levels ← writeNames s c.levels #[]
  let type ← writeTerm s c.type
  let value ← match c.value with
    | some v => do pure (number (← writeTerm s v))
    | none => pure .null
  let _ ← s.row (← writeKind s #[.str "constant", number name, levels, number type, value] c.kind)

partial def writeConstants (s : Sheet) (env : Environment) : List Name → IO Unit
  | [] => return
  | n :: ns => do
    match env.find? n with
    | some c => writeConstant s (constantOf c)
    | none => pure ()
    writeConstants s env ns

/-! ## Reading -/

inductive Row where
  | name (n : Name)
  | level (l : Level)
  | term (e : Expr)
  | constant (c : Constant)

def unreadable {α : Type} (what : String) : IO α :=
  throw (IO.userError ("the constants of the text cannot be read: " ++ what))

structure Line where
  rows : Array Row
  cells : Array Json

def Line.cell (l : Line) (i : Nat) : IO Json :=
  if h : i < l.cells.size then return l.cells[i] else unreadable "a row is too short"

def natOf : Json → IO Nat
  | .num n => return n.mantissa.toNat
  | _ => unreadable "no number"

def Line.nat (l : Line) (i : Nat) : IO Nat := do natOf (← l.cell i)

def Line.flag (l : Line) (i : Nat) : IO Bool := do
  match ← l.cell i with
  | .bool b => return b
  | _ => unreadable "no flag"

def Line.word (l : Line) (i : Nat) : IO String := do
  match ← l.cell i with
  | .str w => return w
  | _ => unreadable "no word"

def Line.refer (l : Line) (j : Json) : IO Row := do
  let n ← natOf j
  if h : n < l.rows.size then return l.rows[n] else unreadable "a row refers to none"

def Line.nameOf (l : Line) (j : Json) : IO Name := do
  match ← l.refer j with
  | .name n => return n
  | _ => unreadable "no name"

def Line.levelOf (l : Line) (j : Json) : IO Level := do
  match ← l.refer j with
  | .level u => return u
  | _ => unreadable "no level"

def Line.termOf (l : Line) (j : Json) : IO Expr := do
  match ← l.refer j with
  | .term e => return e
  | _ => unreadable "no term"

def Line.name (l : Line) (i : Nat) : IO Name := do l.nameOf (← l.cell i)
def Line.level (l : Line) (i : Nat) : IO Level := do l.levelOf (← l.cell i)
def Line.term (l : Line) (i : Nat) : IO Expr := do l.termOf (← l.cell i)

partial def Line.levels (l : Line) (i : Nat) (acc : List Level) : IO (List Level) := do
  if h : i < l.cells.size then l.levels (i + 1) ((← l.levelOf l.cells[i]) :: acc) else return reverseOnto acc []

partial def Line.namesIn (l : Line) (a : Array Json) (i : Nat) (acc : List Name) : IO (List Name) := do
  if h : i < a.size then l.namesIn a (i + 1) ((← l.nameOf a[i]) :: acc) else return reverseOnto acc []

def Line.names (l : Line) (i : Nat) : IO (List Name) := do
  match ← l.cell i with
  | .arr a => l.namesIn a 0 []
  | _ => unreadable "no names"

def Line.binder (l : Line) (i : Nat) : IO BinderInfo := do
  match ← l.nat i with
  | 0 => return .default
  | 1 => return .implicit
  | 2 => return .strictImplicit
  | _ => return .instImplicit

def Line.kind (l : Line) : IO Kind := do
  match ← l.word 5 with
  | "axiom" => return .assumed
  | "theorem" => return .proved
  | "definition" =>
    let hints : ReducibilityHints := match ← l.nat 7 with
      | 0 => .opaque
      | 1 => .abbrev
      | h => .regular (UInt32.ofNat (h - 2))
    return .defined hints (← l.flag 6)
  | "opaque" => return .hidden (← l.flag 6)
  | "type" => return .type (← l.nat 7) (← l.names 8) (← l.names 9) (← l.flag 6)
  | "constructor" => return .constructor (← l.name 6)
  | "recursor" => return .recursor
  | "quotient" => return .quotient
  | w => unreadable w

def Line.constant (l : Line) : IO Constant := do
  let value ← match ← l.cell 4 with
    | .null => pure none
    | j => do pure (some (← l.termOf j))
  return { name := ← l.name 1, levels := ← l.names 2, type := ← l.term 3, value := value, kind := ← l.kind }

/-- What was no closed term stays one that no judge accepts. -/
def openTerm : Expr := .mvar { name := `open }

def Line.row (l : Line) : IO Row := do
  match ← l.word 0 with
  | "anonymous" => return .name .anonymous
  | "str" => return .name (.str (← l.name 1) (← l.word 2))
  | "num" => return .name (.num (← l.name 1) (← l.nat 2))
  | "zero" => return .level .zero
  | "succ" => return .level (.succ (← l.level 1))
  | "max" => return .level (.max (← l.level 1) (← l.level 2))
  | "imax" => return .level (.imax (← l.level 1) (← l.level 2))
  | "param" => return .level (.param (← l.name 1))
  | "hole" => return .level (.mvar { name := `open })
  | "bvar" => return .term (.bvar (← l.nat 1))
  | "sort" => return .term (.sort (← l.level 1))
  | "const" => return .term (.const (← l.name 1) (← l.levels 2 []))
  | "app" => return .term (.app (← l.term 1) (← l.term 2))
  | "lam" => return .term (.lam (← l.name 1) (← l.term 2) (← l.term 3) (← l.binder 4))
  | "pi" => return .term (.forallE (← l.name 1) (← l.term 2) (← l.term 3) (← l.binder 4))
  | "let" => return .term (.letE (← l.name 1) (← l.term 2) (← l.term 3) (← l.term 4) (← l.flag 5))
  | "nat" =>
    match (← l.word 1).toNat? with
    | some n => return .term (.lit (.natVal n))
    | none => unreadable "no numeral"
  | "string" => return .term (.lit (.strVal (← l.word 1)))
  | "proj" => return .term (.proj (← l.name 1) (← l.nat 2) (← l.term 3))
  | "open" => return .term openTerm
  | "constant" => return .constant (← l.constant)
  | w => unreadable w

def firstRepeated : List Constant → NameSet → Option Name
  | [], _ => none
  | c :: cs, seen => if seen.contains c.name then some c.name else firstRepeated cs (seen.insert c.name)

/-- The constants in the rows, the last first. -/
partial def readConstants (data : Array Json) (i : Nat) (rows : Array Row) (acc : List Constant) : IO (List Constant) := do
  if h : i < data.size then
    match data[i] with
    | .arr cells =>
      let row ← ({ rows := rows, cells := cells } : Line).row
      let acc := match row with
        | .constant c => c :: acc
        | _ => acc
      readConstants data (i + 1) (rows.push row) acc
    | _ => unreadable "no row"
  else
    match firstRepeated acc {} with
    | some n => unreadable (n.toString ++ " is declared twice")
    | none => return acc

/-! ## Looking up -/

/-- Constants by the hash of their names. -/
structure Constants where
  buckets : Array (List Constant)

partial def emptyConstants (n : Nat) (acc : Array (List Constant)) : Array (List Constant) :=
  if n == 0 then acc else emptyConstants (n - 1) (acc.push [])

partial def constantNamed? (n : Name) : List Constant → Option Constant
  | [] => none
  | c :: cs => if c.name == n then some c else constantNamed? n cs

def Constants.find? (a : Constants) (n : Name) : Option Constant :=
  let i := n.hash.toNat % a.buckets.size
  if h : i < a.buckets.size then constantNamed? n a.buckets[i] else none

def constantsFrom : List Constant → Array (List Constant) → Constants
  | [], buckets => { buckets := buckets }
  | c :: cs, buckets =>
    let i := c.name.hash.toNat % buckets.size
    let bucket := if h : i < buckets.size then buckets[i] else []
    constantsFrom cs (replaceAt buckets i (c :: bucket))

end Worker
