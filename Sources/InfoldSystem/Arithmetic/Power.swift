import Glibc

/// `x` to the power of `y`, as C defines it: of negative numbers, whole powers only, and 1 for a power of 0.
package func power(_ x: Double, _ y: Double) -> Double { pow(x, y) }
