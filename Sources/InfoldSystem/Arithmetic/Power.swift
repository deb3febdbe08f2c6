import Glibc

/// Returns `x` to the power of `y` as C defines it: negative numbers only have integral powers, and
/// a power of 0 is 1.
package func power(_ x: Double, _ y: Double) -> Double { pow(x, y) }
