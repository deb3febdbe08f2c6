import InfoldSystem

/// A complex number in double precision.
package struct ComplexNumber: Sendable, BitwiseCopyable {
  /// The real part.
  package var real: Double
  /// The imaginary part.
  package var imaginary: Double

  /// Creates a number from its parts.
  package init(_ real: Double, _ imaginary: Double = 0) { (self.real, self.imaginary) = (real, imaginary) }

  /// Returns exp(−2πi · k ÷ n), almost correctly rounded. The angle is reduced to at most π ÷ 4.
  /// - Precondition: 0 ≤ k < n ≤ 2⁴⁰.
  package static func root(_ k: Int, of n: Int) -> ComplexNumber {
    let (quarter, rest) = (4 * k).quotientAndRemainder(dividingBy: n)
    func angle(_ part: Int) -> Double { .pi / 2 * (Double(part) / Double(n)) }
    let isInFirstHalf = 2 * rest <= n
    let cosine = isInFirstHalf ? Double.cos(angle(rest)) : Double.sin(angle(n - rest))
    let sine = isInFirstHalf ? Double.sin(angle(rest)) : Double.cos(angle(n - rest))
    return switch quarter {
    case 0: ComplexNumber(cosine, -sine)
    case 1: ComplexNumber(-sine, -cosine)
    case 2: ComplexNumber(-cosine, sine)
    default: ComplexNumber(sine, cosine)
    }
  }

  var conjugate: ComplexNumber { ComplexNumber(real, -imaginary) }

  static func + (a: ComplexNumber, b: ComplexNumber) -> ComplexNumber {
    ComplexNumber(a.real + b.real, a.imaginary + b.imaginary)
  }

  static func * (a: ComplexNumber, b: ComplexNumber) -> ComplexNumber {
    ComplexNumber(a.real * b.real - a.imaginary * b.imaginary, a.real * b.imaginary + a.imaginary * b.real)
  }

  static func * (a: ComplexNumber, b: Double) -> ComplexNumber { ComplexNumber(a.real * b, a.imaginary * b) }
}

/// The discrete Fourier transform, y[k] = Σ x[j] · exp(−2πi · j · k ÷ n), in double precision.
///
/// A transform of n = p · m numbers consists of p transforms of m numbers each (Cooley and Tukey).
/// If n has no small factor, the transform is a convolution of the numbers multiplied by exp(−πi ·
/// j² ÷ n), which longer transforms compute (Bluestein).
package struct FourierTransform {
  /// The longest transform.
  static let longest = 1 << 22
  /// The largest length, or factor of a length, that is computed by definition.
  private static let largestFactor = 64

  let length: Int
  /// exp(−2πi · k ÷ n), by k.
  private let roots: [ComplexNumber]

  /// - Precondition: 1 ≤ length ≤ 2 · longest.
  init(_ length: Int) {
    self.length = length
    roots = (0..<length).map { ComplexNumber.root($0, of: length) }
  }

  /// Returns the transform of `length` numbers.
  func callAsFunction(_ x: [ComplexNumber]) -> [ComplexNumber] { transformed(x, from: 0, stride: 1) }

  /// Returns the inverse transform, x[j] = Σ y[k] · exp(2πi · j · k ÷ n) ÷ n.
  func inverse(_ y: [ComplexNumber]) -> [ComplexNumber] {
    self(y.map(\.conjugate)).map { $0.conjugate * (1 / Double(length)) }
  }

  /// Returns the transform of every `stride`-th number.
  private func transformed(_ x: [ComplexNumber], from start: Int, stride: Int) -> [ComplexNumber] {
    let count = length / stride
    let factor = count <= 8 ? count : Self.smallestFactor(of: count)
    guard factor <= Self.largestFactor else {
      return Self.byConvolution((0..<count).map { x[start + $0 * stride] })
    }
    let inner = count / factor
    // Parts of a single number are their own transform.
    let parts =
      inner == 1
      ? (0..<factor).map { [x[start + $0 * stride]] }
      : (0..<factor).map { transformed(x, from: start + $0 * stride, stride: stride * factor) }
    return (0..<count).map { k in
      var sum = parts[0][k % inner]
      for part in 1..<max(factor, 1) { sum = sum + parts[part][k % inner] * roots[part * k % count * stride] }
      return sum
    }
  }

  private static func smallestFactor(of number: Int) -> Int {
    var factor = 2
    while factor * factor <= number {
      if number.isMultiple(of: factor) { return factor }
      factor += 1
    }
    return number
  }

  /// Computes the sum as a convolution, using j · k = (j² + k² − (k − j)²) ÷ 2.
  private static func byConvolution(_ x: [ComplexNumber]) -> [ComplexNumber] {
    let chirp = Chirp(length: x.count)
    var turned = [ComplexNumber](repeating: ComplexNumber(0), count: chirp.transform.length)
    for j in x.indices { turned[j] = x[j] * chirp.turns[j] }
    let product = zip(chirp.transform(turned), chirp.spectrum).map { $0 * $1 }
    let convolved = chirp.transform.inverse(product)
    return x.indices.map { convolved[$0] * chirp.turns[$0] }
  }

  /// The factors exp(−πi · j² ÷ n), and the transform of the convolution kernel.
  private struct Chirp {
    let transform: FourierTransform
    let turns: [ComplexNumber]
    let spectrum: [ComplexNumber]

    init(length count: Int) {
      var length = 1
      while length < 2 * count - 1 { length *= 2 }
      transform = FourierTransform(length)
      turns = (0..<count).map { ComplexNumber.root($0 * $0 % (2 * count), of: 2 * count) }
      var kernel = [ComplexNumber](repeating: ComplexNumber(0), count: length)
      for j in 0..<count {
        kernel[j] = turns[j].conjugate
        if j > 0 { kernel[length - j] = turns[j].conjugate }
      }
      spectrum = transform(kernel)
    }
  }

  /// Returns the tables of a transform of this length, and the length of the transforms that it
  /// consists of. The tables are their roots and, with `byConvolution`, exp(−πi · j² ÷ n) and the
  /// spectrum of its conjugate ÷ that length.
  package static func tables(length: Int, byConvolution: Bool) -> (numbers: [ComplexNumber], length: Int) {
    guard byConvolution else { return (FourierTransform(length).roots, length) }
    let chirp = Chirp(length: length), scale = 1 / Double(chirp.transform.length)
    return (chirp.transform.roots + chirp.turns + chirp.spectrum.map { $0 * scale }, chirp.transform.length)
  }
}
