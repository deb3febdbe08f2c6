/// Discrete Fourier transforms of signals, each by itself: y[k] = Σ x[j] · exp(−2πi · j · k ÷ n).
///
/// Tables of complex numbers are pairs of real and imaginary part, in double precision, in which all is computed.
public struct FourierArguments: @unchecked Sendable {
  /// Where numbers lie, of signals that are `inner` in each of any number of outer rows.
  public struct Numbers: Sendable {
    /// The floats of a number: 1, its real part, or 2.
    public var parts: Int
    /// The numbers of a signal.
    public var count: Int
    /// Floats from one number of a signal to the next.
    public var stride: Int
    /// Floats from one signal of a row to the next.
    public var innerStride: Int
    /// Floats from one row to the next.
    public var outerStride: Int

    public init(parts: Int, count: Int, stride: Int, innerStride: Int, outerStride: Int) {
      self.parts = parts
      self.count = count
      self.stride = stride
      self.innerStride = innerStride
      self.outerStride = outerStride
    }
  }

  /// A transform of so many complex numbers: of `length`, factor by factor, or where `chirp` is given of `chirpLength`, by a
  /// convolution that transforms of `length` numbers compute.
  public struct Transform: @unchecked Sendable {
    public var length: Int
    /// exp(−2πi · k ÷ length).
    public var roots: UnsafePointer<Double>
    public var chirpLength: Int
    /// exp(−πi · j² ÷ chirpLength).
    public var chirp: UnsafePointer<Double>?
    /// The transform of the chirp's conjugate around 0, ÷ length.
    public var chirpSpectrum: UnsafePointer<Double>?

    /// The largest prime factor of a length for which factors are worth while.
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

    /// The factor that a transform of so many numbers is taken apart by first: 4 before all others, then the least.
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

    /// The largest of these factors.
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
  /// What is read; what is missing up to `length` is zero.
  public var source: Numbers
  /// One number for each of a signal, by which it is multiplied.
  public var window: UnsafePointer<Float>?
  public var output: UnsafeMutablePointer<Float>
  public var target: Numbers
  /// The signals of a row.
  public var inner: Int
  /// n.
  public var length: Int
  /// Whether the exponents are positive, and results are divided by n.
  public var isInverse: Bool
  /// Whether the second half of the numbers mirrors the first, and is not given.
  public var isMirrored: Bool
  /// For real signals of an even length, that of the pairs of their numbers; else that of all.
  public var transform: Transform
  /// exp(−2πi · k ÷ n) for k up to n ÷ 2, if `transform` is that of pairs.
  public var pairRoots: UnsafePointer<Double>?
  /// `FourierArguments.scratch(length:)` bytes, aligned to 64.
  public var scratch: UnsafeMutableRawPointer

  /// The signals that are transformed at the same time.
  public static let lanes = 4

  /// The scratch memory for a transform whose `length` is this, in bytes.
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
