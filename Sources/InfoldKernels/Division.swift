/// The quotient and the remainder. The standard library's method is generic, and where it is not inlined it becomes a function
/// that the linker could put into code for other processors.
@inline(always)
func divide(_ number: Int, by divisor: Int) -> (quotient: Int, remainder: Int) {
  let quotient = number / divisor
  return (quotient, number - quotient * divisor)
}
