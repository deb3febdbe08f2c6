// The standard library's functions for this are generic. If one is not inlined, it becomes a
// function that the linker could share with code for other processors. These functions belong to
// this module instead.

/// Returns the quotient and the remainder.
@inline(always)
func divide(_ number: Int, by divisor: Int) -> (quotient: Int, remainder: Int) {
  let quotient = number / divisor
  return (quotient, number - quotient * divisor)
}

/// Returns the smaller of two numbers.
@inline(always)
func min(_ a: Int, _ b: Int) -> Int { b < a ? b : a }

/// Returns the larger of two numbers.
@inline(always)
func max(_ a: Int, _ b: Int) -> Int { b > a ? b : a }
