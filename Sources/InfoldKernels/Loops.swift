/// Calls `body` with every `step`-th number. The standard library's iterator may become a separate
/// function, which the linker could take from any instruction set.
@inline(always)
func forEach(from begin: Int, to end: Int, by step: Int, _ body: (Int) -> Void) {
  var number = begin
  while number < end {
    body(number)
    number += step
  }
}
