// Activation functions of a vector. The stated errors are the maximum over the whole range of
// arguments, in ulp, with fused multiply-add. Small results are as accurate as large ones, mostly
// without selecting between two approximations.

/// Returns x where x ≥ 0, otherwise x · slope.
@inline(always)
func leakyRelu(_ x: Vector, _ slope: Vector) -> Vector {
  select(x * slope, x, whereNegative: x)
}

/// Returns max(0, min(1, a·x + b)).
@inline(always)
func hardSigmoid(_ x: Vector, _ a: Float, _ b: Float) -> Vector {
  clip(Vector.multiplyAdd(x, Vector(repeating: a), Vector(repeating: b)), 0, 1)
}

/// Returns 1 + eˣ, where `parts` are those of x, from −87.3 to 88.3.
@inline(always)
private func successorOfExponential(_ parts: ExponentialParts) -> Vector {
  // 2ⁿ + 2ⁿ·(s + 2⁻ⁿ) if n ≥ 0, otherwise 1 + 2ⁿ·(s + 1). This loses little precision and stays
  // monotonic where n changes.
  let one = Vector(repeating: 1)
  return Vector.multiplyAdd(
    parts.power, parts.s + minimum(one, parts.inversePower), maximum(one, parts.power))
}

/// Returns `numerator` ÷ (1 + e⁻ˣ), where x is at least `leastLogisticArgument`.
@inline(always)
private func logistic(_ numerator: Vector, _ x: Vector) -> Vector {
  numerator / successorOfExponential(ExponentialParts(negated(minimum(Vector(repeating: 87), x))))
}

/// Below this argument, 1 ÷ (1 + e⁻ˣ) is subnormal, so arguments are clamped to it.
private let leastLogisticArgument: Float = -88.3

/// Returns 1 ÷ (1 + e⁻ˣ).
@inline(always)
func sigmoid(_ x: Vector) -> Vector {
  logistic(Vector(repeating: 1), maximum(Vector(repeating: leastLogisticArgument), x))
}

/// Returns x ÷ (1 + e⁻ˣ).
@inline(always)
func sigmoidLinearUnit(_ x: Vector) -> Vector {
  let x = maximum(Vector(repeating: leastLogisticArgument), x)
  return logistic(x, x)
}

/// Returns x ÷ (1 + e⁻ᶠˣ).
@inline(always)
func swish(_ x: Vector, _ factor: Vector) -> Vector {
  let product = x * factor
  let result = logistic(x, maximum(Vector(repeating: leastLogisticArgument), product))
  // However large x is, the result is negligible.
  return select(Vector(repeating: 0), result, whereNegative: product - Vector(repeating: leastLogisticArgument))
}

/// Returns tanh x: 1 − 2 ÷ (1 + e²ˣ), or a polynomial for |x| below 0.625.
@inline(always)
func hyperbolicTangent(_ x: Vector) -> Vector {
  let (one, size) = (Vector(repeating: 1), minimum(Vector(repeating: 9.02), magnitude(x)))
  let large = one - Vector(repeating: 2) / successorOfExponential(ExponentialParts(size + size))
  let square = x * x
  var p = add(-0.00818267744, square, Vector(repeating: 0.00214753975))
  p = add(0.0217029694, p, square)
  p = add(-0.0539472029, p, square)
  p = add(0.133332103, p, square)
  p = add(-0.333333313, p, square)
  let small = Vector.multiplyAdd(x * square, p, x)
  return select(withSign(of: x, large), small, whereNegative: Vector(repeating: 0.625) - size)
}

/// Returns eˣ − 1 for min(x, 0).
@inline(always)
private func negativeExponentialLessOne(_ x: Vector) -> Vector {
  let parts = ExponentialParts(clip(x, -18, 0))
  let power = parts.power
  return Vector.multiplyAdd(power, parts.s, power - Vector(repeating: 1))
}

/// Returns x where x ≥ 0, otherwise α · (eˣ − 1).
@inline(always)
func exponentialLinearUnit(_ x: Vector, _ alpha: Vector) -> Vector {
  Vector.multiplyAdd(alpha, negativeExponentialLessOne(x), maximum(Vector(repeating: 0), x))
}

/// Returns log(1 + eˣ) = max(x, 0) + log(1 + e⁻ˡˣˡ).
@inline(always)
func softplus(_ x: Vector) -> Vector {
  // The argument is −|x|, except that a NaN keeps its sign. Which of two NaNs a sum returns depends
  // on the operand order of the instruction, so both must be the same.
  let e = exponential(minimum(negated(x), x))
  var p = add(0.0200884696, e, Vector(repeating: -0.00329107977))
  p = add(-0.0574604869, p, e)
  p = add(0.106613711, p, e)
  p = add(-0.153449774, p, e)
  p = add(0.196921214, p, e)
  p = add(-0.249580204, p, e)
  p = add(0.333304644, p, e)
  p = add(-0.499999315, p, e)
  p = add(1, p, e)
  return Vector.multiplyAdd(e, p, maximum(Vector(repeating: 0), x))
}

/// Returns x · tanh(log(1 + e)) with e = eˣ, which is x · (e² + 2e) ÷ (e² + 2e + 2). From 20 on,
/// the result is x.
///
/// The multiplied term is x·e below 0 and x elsewhere. The other factor is 1 minus at most ⅖, so
/// rounding it loses little.
@inline(always)
func mish(_ x: Vector) -> Vector {
  let (half, one) = (Vector(repeating: 0.5), Vector(repeating: 1))
  let bounded = clip(x, -88, 20)
  let parts = ExponentialParts(bounded)
  let power = parts.power
  let e = Vector.multiplyAdd(power, parts.s, power)
  let halved = e * half
  let scaled = bounded * power
  let product = Vector.multiplyAdd(scaled, parts.s, scaled)
  let numerator = select(Vector.multiplyAdd(halved, e, halved), one, whereNegative: x)
  let rest = numerator / (one + Vector.multiplyAdd(halved, e, e))
  return Vector.multiplyAdd(
    negated(select(product, bounded, whereNegative: x)), rest, select(product, x, whereNegative: x))
}

/// Returns x · Φ(x), where Φ is the distribution function of the normal distribution, as
/// max(x, 0) − |x|·Φ(−|x|).
///
/// Φ(−y) is e^(−y²÷2) times Mills' ratio, a quotient of polynomials. The exponent includes the
/// rounding error of the square.
@inline(always)
func gaussianErrorLinearUnit(_ x: Vector) -> Vector {
  let y = minimum(Vector(repeating: 13.27), magnitude(x))
  let half = y * Vector(repeating: -0.5)
  let exponent = y * half
  let parts = ExponentialParts(exponent, correction: Vector.multiplyAdd(y, half, negated(exponent)))
  var p = add(-0.0398118347, y, Vector(repeating: -0.00399471726))
  p = add(-0.180793419, p, y)
  p = add(-0.434991658, p, y)
  p = Vector.multiplyAdd(p * y, y, half)
  var q = add(0.099801071, y, Vector(repeating: 0.010013123))
  q = add(0.463025808, q, y)
  q = add(1.19234943, q, y)
  q = add(1.66786814, q, y)
  q = add(1, q, y)
  let scaled = p * parts.power
  return maximum(Vector(repeating: 0), x) + Vector.multiplyAdd(scaled, parts.s, scaled) / q
}

/// Returns x · Φ(x) approximated by ½x(1 + tanh u), which is x ÷ (1 + e⁻²ᵘ), with 2u =
/// x·(1.5957691 + 0.0713548·x²).
///
/// In the tails the exponent is large, so its rounding errors are accumulated in its remainder:
/// those of the square, of the factor, whose constants are split into a leading part and a
/// remainder, and of their product.
@inline(always)
func gaussianErrorLinearUnitByTangent(_ x: Vector) -> Vector {
  // Below the lower bound, the result is not a normal number. Above the upper bound, it is x.
  let x = maximum(Vector(repeating: -10.04), x)
  let bounded = minimum(Vector(repeating: 10), x)
  let square = bounded * bounded
  // Has few enough bits that subtracting it again is exact.
  let constant = Vector(repeating: -1.595_703_125), slope = Vector(repeating: -0.071_354_814)
  let factor = Vector.multiplyAdd(square, slope, constant)
  var rest = Vector.multiplyAdd(square, slope, constant - factor)
  rest = Vector.multiplyAdd(Vector.multiplyAdd(bounded, bounded, negated(square)), slope, rest)
  rest += add(-6.599_660_26e-5, square, Vector(repeating: -2.398_832_47e-9))
  let exponent = bounded * factor
  let correction = Vector.multiplyAdd(bounded, rest, Vector.multiplyAdd(bounded, factor, negated(exponent)))
  return x / successorOfExponential(ExponentialParts(exponent, correction: correction))
}
