// The standard library's functions for this are generic, and where one is not inlined, it becomes a function that the linker could
// put into code for other processors. Those that follow take their place in this module.

/// The quotient and the remainder.
@inline(always)
func divide(_ number: Int, by divisor: Int) -> (quotient: Int, remainder: Int) {
  let quotient = number / divisor
  return (quotient, number - quotient * divisor)
}

/// The lesser of two numbers.
@inline(always)
func min(_ a: Int, _ b: Int) -> Int { b < a ? b : a }

/// The greater of two numbers.
@inline(always)
func max(_ a: Int, _ b: Int) -> Int { b > a ? b : a }
