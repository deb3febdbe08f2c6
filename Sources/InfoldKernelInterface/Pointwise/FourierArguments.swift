/// Discrete Fourier transforms of independent signals: y[k] = Σ x[j] · exp(−2πi · j · k ÷ n).
///
/// Tables of complex numbers are pairs of real and imaginary parts. All arithmetic is in double
/// precision.
public struct FourierArguments: @unchecked Sendable {
  /// The layout of signals in memory: any number of outer rows with `inner` signals each.
  public struct Numbers: Sendable {
    /// The floats of a number: 1 for real numbers, 2 for complex ones.
    public var parts: Int
    /// The numbers of a signal.
    public var count: Int
    /// The distance between numbers of a signal in floats.
    public var stride: Int
    /// The distance between signals of a row in floats.
    public var innerStride: Int
    /// The distance between rows in floats.
    public var outerStride: Int

    public init(parts: Int, count: Int, stride: Int, innerStride: Int, outerStride: Int) {
      self.parts = parts
      self.count = count
      self.stride = stride
      self.innerStride = innerStride
      self.outerStride = outerStride
    }
  }

  /// A transform of complex numbers. Without a `chirp`, it has `length` numbers and is factored.
  /// With a `chirp`, it has `chirpLength` numbers and is computed as a convolution by transforms of
  /// `length` numbers (Bluestein's algorithm).
  public struct Transform: @unchecked Sendable {
    public var length: Int
    /// exp(−2πi · k ÷ length).
    public var roots: UnsafePointer<Double>
    public var chirpLength: Int
    /// exp(−πi · j² ÷ chirpLength).
    public var chirp: UnsafePointer<Double>?
    /// The transform of the conjugate chirp around 0, divided by `length`.
    public var chirpSpectrum: UnsafePointer<Double>?

    /// The largest prime factor for which factoring pays off.
    public static let largestFactor = 23

    public init(
      length: Int, roots: UnsafePointer<Double>, chirpLength: Int = 0, chirp: UnsafePointer<Double>? = nil,
      chirpSpectrum: UnsafePointer<Double>? = nil
    ) {
      self.length = length
      self.roots = roots
      self.chirpLength = chirpLength
      self.chirp = chirp
      self.chirpSpectrum = chirpSpectrum
    }

    /// Returns the first factor of a transform of this length: 4 if possible, and otherwise the
    /// smallest prime factor.
    public static func factor(of length: Int) -> Int {
      if length & 3 == 0 { return 4 }
      if length & 1 == 0 { return 2 }
      var factor = 3
      while factor * factor <= length {
        if length % factor == 0 { return factor }
        factor += 2
      }
      return length
    }

    /// Returns the largest of these factors.
    public static func largestFactor(of length: Int) -> Int {
      var (rest, largest) = (length, 1)
      while rest > 1 {
        let next = factor(of: rest)
        largest = max(largest, next)
        rest /= next
      }
      return largest
    }
  }

  public var input: UnsafePointer<Float>
  /// The layout of the input. Numbers that are missing up to `length` are zero.
  public var source: Numbers
  /// Factors that each signal is multiplied by, one for each number, or `nil`.
  public var window: UnsafePointer<Float>?
  public var output: UnsafeMutablePointer<Float>
  public var target: Numbers
  /// The signals of a row.
  public var inner: Int
  /// The length n of a signal.
  public var length: Int
  /// Whether the exponents are positive and results are divided by n.
  public var isInverse: Bool
  /// Whether the second half of the numbers mirrors the first half and is omitted.
  public var isMirrored: Bool
  /// The complex transform. For real signals of even length, it takes each pair of numbers as one
  /// complex number. Otherwise, it takes each number by itself.
  public var transform: Transform
  /// exp(−2πi · k ÷ n) for k up to n ÷ 2, if `transform` transforms pairs.
  public var pairRoots: UnsafePointer<Double>?
  /// Scratch memory of `FourierArguments.scratch(length:)` bytes, aligned to 64 bytes.
  public var scratch: UnsafeMutableRawPointer

  /// The number of signals that are transformed simultaneously.
  public static let lanes = 4

  /// Returns the scratch memory in bytes for a transform with this `length`.
  public static func scratch(length: Int) -> Int { 2 * length * 2 * lanes * MemoryLayout<Double>.stride }

  public init(
    input: UnsafePointer<Float>, source: Numbers, window: UnsafePointer<Float>?, output: UnsafeMutablePointer<Float>,
    target: Numbers, inner: Int, length: Int, isInverse: Bool, isMirrored: Bool, transform: Transform,
    pairRoots: UnsafePointer<Double>?, scratch: UnsafeMutableRawPointer
  ) {
    self.input = input
    self.source = source
    self.window = window
    self.output = output
    self.target = target
    self.inner = inner
    self.length = length
    self.isInverse = isInverse
    self.isMirrored = isMirrored
    self.transform = transform
    self.pairRoots = pairRoots
    self.scratch = scratch
  }
}
