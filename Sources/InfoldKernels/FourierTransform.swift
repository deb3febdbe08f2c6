import InfoldKernelInterface

extension Kernels {
  @inline(never)
  public static func fourierTransforms(_ arguments: FourierArguments, signals: Range<Int>) {
    let room = arguments.scratch.assumingMemoryBound(to: Lanes4.self)
    let rooms = (room, room + 2 * arguments.transform.length)
    forEach(from: signals.lowerBound, to: signals.upperBound, by: FourierArguments.lanes) { first in
      let block = SignalBlock(arguments, first: first, end: signals.upperBound)
      if arguments.pairRoots == nil { block.read(to: rooms.0) } else { block.readPairs(to: rooms.0) }
      let spectrum =
        arguments.transform.chirp == nil
        ? transformed(rooms.0, rooms.1, arguments.transform) : byConvolution(rooms.0, rooms.1, arguments.transform)
      if arguments.pairRoots == nil { block.write(spectrum) } else { block.writePairs(spectrum) }
    }
  }

  /// Returns the transform of `length` numbers, which is in one of the two buffers.
  @inline(never)
  private static func transformed(
    _ first: UnsafeMutablePointer<Lanes4>, _ second: UnsafeMutablePointer<Lanes4>,
    _ transform: FourierArguments.Transform
  ) -> UnsafeMutablePointer<Lanes4> {
    var (from, to) = (first, second)
    var done = 1
    while done < transform.length {
      let pass = FourierPass(from: from, to: to, done: done, transform: transform)
      let factor = FourierArguments.Transform.factor(of: transform.length / done)
      switch factor {
      case 2: pass.byTwo()
      case 3: pass.byThree()
      case 4: pass.byFour()
      case 5: pass.byFive()
      default: pass.by(factor)
      }
      done *= factor
      (from, to) = (to, from)
    }
    return from
  }

  @inline(never)
  private static func byConvolution(
    _ first: UnsafeMutablePointer<Lanes4>, _ second: UnsafeMutablePointer<Lanes4>,
    _ transform: FourierArguments.Transform
  ) -> UnsafeMutablePointer<Lanes4> {
    let chirp = transform.chirp!, chirpSpectrum = transform.chirpSpectrum!
    for j in 0..<transform.chirpLength { ComplexLanes(first, j).times(chirp, j).store(first, j) }
    let zero = ComplexLanes(Lanes4(repeating: 0), Lanes4(repeating: 0))
    for j in transform.chirpLength..<transform.length { zero.store(first, j) }
    let spectrum = transformed(first, second, transform)
    // Exchanging real and imaginary parts before and after the transform makes it the inverse.
    for k in 0..<transform.length { ComplexLanes(spectrum, k).times(chirpSpectrum, k).exchanged.store(spectrum, k) }
    let convolved = transformed(spectrum, spectrum == first ? second : first, transform)
    for k in 0..<transform.chirpLength { ComplexLanes(convolved, k).exchanged.times(chirp, k).store(convolved, k) }
    return convolved
  }
}

/// One number of each of four signals.
private typealias Lanes4 = SIMD4<Double>

/// One complex number of each of four signals.
private struct ComplexLanes {
  var real: Lanes4
  var imaginary: Lanes4

  @inline(always)
  init(_ real: Lanes4, _ imaginary: Lanes4) { (self.real, self.imaginary) = (real, imaginary) }

  @inline(always)
  init(_ numbers: UnsafeMutablePointer<Lanes4>, _ index: Int) {
    self.init(numbers[2 &* index], numbers[2 &* index &+ 1])
  }

  @inline(always)
  func store(_ numbers: UnsafeMutablePointer<Lanes4>, _ index: Int) {
    numbers[2 &* index] = real
    numbers[2 &* index &+ 1] = imaginary
  }

  @inline(always)
  var exchanged: ComplexLanes { ComplexLanes(imaginary, real) }

  /// The product with −i.
  @inline(always)
  var turned: ComplexLanes { ComplexLanes(imaginary, -real) }

  @inline(always)
  static func + (a: ComplexLanes, b: ComplexLanes) -> ComplexLanes {
    ComplexLanes(a.real + b.real, a.imaginary + b.imaginary)
  }

  @inline(always)
  static func - (a: ComplexLanes, b: ComplexLanes) -> ComplexLanes {
    ComplexLanes(a.real - b.real, a.imaginary - b.imaginary)
  }

  @inline(always)
  static func * (a: ComplexLanes, b: Double) -> ComplexLanes {
    let b = Lanes4(repeating: b)
    return ComplexLanes(a.real * b, a.imaginary * b)
  }

  /// Returns the product with a number of a table.
  @inline(always)
  func times(_ table: UnsafePointer<Double>, _ index: Int) -> ComplexLanes {
    let (a, b) = (Lanes4(repeating: table[2 &* index]), Lanes4(repeating: table[2 &* index &+ 1]))
    return ComplexLanes(real * a - imaginary * b, real * b + imaginary * a)
  }
}

/// One pass of a transform in Stockham's order, which needs no bit reversal. Before the pass, the
/// subsequences with a distance of `length` ÷ `done` are transformed. After it, those with a
/// distance of `length` ÷ (`done` · factor) are.
private struct FourierPass {
  let from: UnsafeMutablePointer<Lanes4>
  let to: UnsafeMutablePointer<Lanes4>
  let done: Int
  let transform: FourierArguments.Transform

  /// Calls `body` for each butterfly with the indices of its first input, its first result, and the
  /// root of its second input.
  @inline(always)
  private func forEach(_ factor: Int, _ body: (_ source: Int, _ target: Int, _ root: Int) -> Void) {
    let parts = transform.length / (done * factor)
    for part in 0..<parts {
      let (source, target, root) = (part &* done, part &* done &* factor, part &* done)
      for place in 0..<done { body(source &+ place, target &+ place, root) }
    }
  }

  /// Returns the distance between the inputs of a butterfly.
  @inline(always)
  private func stride(_ factor: Int) -> Int { transform.length / factor }

  @inline(never)
  func byTwo() {
    let (from, to, done, roots, stride) = (from, to, done, transform.roots, stride(2))
    forEach(2) { source, target, root in
      let (a, b) = (ComplexLanes(from, source), ComplexLanes(from, source &+ stride))
      (a + b).store(to, target)
      (a - b).times(roots, root).store(to, target &+ done)
    }
  }

  @inline(never)
  func byThree() {
    let (from, to, done, roots, stride) = (from, to, done, transform.roots, stride(3))
    let sine = 0.8660254037844386467637
    forEach(3) { source, target, root in
      let (a, b) = (ComplexLanes(from, source), ComplexLanes(from, source &+ stride))
      let c = ComplexLanes(from, source &+ 2 &* stride)
      let (sum, difference) = (b + c, (b - c) * sine)
      let middle = a - sum * 0.5
      (a + sum).store(to, target)
      (middle + difference.turned).times(roots, root).store(to, target &+ done)
      (middle - difference.turned).times(roots, 2 &* root).store(to, target &+ 2 &* done)
    }
  }

  @inline(never)
  func byFour() {
    let (from, to, done, roots, stride) = (from, to, done, transform.roots, stride(4))
    forEach(4) { source, target, root in
      let (a, b) = (ComplexLanes(from, source), ComplexLanes(from, source &+ stride))
      let (c, d) = (ComplexLanes(from, source &+ 2 &* stride), ComplexLanes(from, source &+ 3 &* stride))
      let (even, evenDifference) = (a + c, a - c)
      let (odd, oddDifference) = (b + d, (b - d).turned)
      (even + odd).store(to, target)
      (evenDifference + oddDifference).times(roots, root).store(to, target &+ done)
      (even - odd).times(roots, 2 &* root).store(to, target &+ 2 &* done)
      (evenDifference - oddDifference).times(roots, 3 &* root).store(to, target &+ 3 &* done)
    }
  }

  @inline(never)
  func byFive() {
    let (from, to, done, roots, stride) = (from, to, done, transform.roots, stride(5))
    let (cosine1, cosine2) = (0.3090169943749474241023, -0.8090169943749474241023)
    let (sine1, sine2) = (0.9510565162951535721164, 0.5877852522924731291687)
    forEach(5) { source, target, root in
      let (a, b) = (ComplexLanes(from, source), ComplexLanes(from, source &+ stride))
      let (c, d) = (ComplexLanes(from, source &+ 2 &* stride), ComplexLanes(from, source &+ 3 &* stride))
      let e = ComplexLanes(from, source &+ 4 &* stride)
      let (outer, inner) = (b + e, c + d)
      let (outerDifference, innerDifference) = (b - e, c - d)
      let middle1 = a + outer * cosine1 + inner * cosine2, middle2 = a + outer * cosine2 + inner * cosine1
      let turned1 = (outerDifference * sine1 + innerDifference * sine2).turned
      let turned2 = (outerDifference * sine2 - innerDifference * sine1).turned
      (a + outer + inner).store(to, target)
      (middle1 + turned1).times(roots, root).store(to, target &+ done)
      (middle2 + turned2).times(roots, 2 &* root).store(to, target &+ 2 &* done)
      (middle2 - turned2).times(roots, 3 &* root).store(to, target &+ 3 &* done)
      (middle1 - turned1).times(roots, 4 &* root).store(to, target &+ 4 &* done)
    }
  }

  /// Computes butterflies by their definition.
  @inline(never)
  func by(_ factor: Int) {
    let (from, to, done, roots, stride) = (from, to, done, transform.roots, stride(factor))
    forEach(factor) { source, target, root in
      for result in 0..<factor {
        var sum = ComplexLanes(from, source)
        var turn = 0
        for part in 1..<factor {
          turn = turn &+ result
          if turn >= factor { turn = turn &- factor }
          sum = sum + ComplexLanes(from, source &+ part &* stride).times(roots, turn &* stride)
        }
        sum.times(roots, result &* root).store(to, target &+ result &* done)
      }
    }
  }
}

/// Four signals that are transformed simultaneously. If there are fewer, the last one is repeated.
private struct SignalBlock {
  let arguments: FourierArguments
  let inputs: (Int, Int, Int, Int)
  let outputs: (Int, Int, Int, Int)
  let count: Int

  @inline(always)
  init(_ arguments: FourierArguments, first: Int, end: Int) {
    self.arguments = arguments
    count = min(FourierArguments.lanes, end - first)
    func place(_ numbers: FourierArguments.Numbers, _ lane: Int) -> Int {
      let signal = min(first + lane, end - 1)
      let (outer, inner) = (signal / arguments.inner, signal % arguments.inner)
      return outer * numbers.outerStride + inner * numbers.innerStride
    }
    let (source, target) = (arguments.source, arguments.target)
    inputs = (place(source, 0), place(source, 1), place(source, 2), place(source, 3))
    outputs = (place(target, 0), place(target, 1), place(target, 2), place(target, 3))
  }

  /// Returns the floats of all signals at a distance from their beginnings.
  @inline(always)
  private func lanes(_ distance: Int) -> Lanes4 {
    let x = arguments.input + distance
    return Lanes4(Double(x[inputs.0]), Double(x[inputs.1]), Double(x[inputs.2]), Double(x[inputs.3]))
  }

  /// Returns number `index` of all signals.
  @inline(always)
  private func number(_ index: Int) -> ComplexLanes {
    let distance = index &* arguments.source.stride
    var number = ComplexLanes(lanes(distance), Lanes4(repeating: 0))
    if arguments.source.parts == 2 { number.imaginary = lanes(distance &+ 1) }
    if let window = arguments.window { number = number * Double(window[index]) }
    return number
  }

  private var zero: ComplexLanes { ComplexLanes(Lanes4(repeating: 0), Lanes4(repeating: 0)) }

  @inline(never)
  func read(to room: UnsafeMutablePointer<Lanes4>) {
    let length = arguments.length, isInverse = arguments.isInverse
    let given = arguments.isMirrored ? length / 2 + 1 : length
    for index in 0..<given {
      let number = index < arguments.source.count ? number(index) : zero
      (isInverse ? number.exchanged : number).store(room, index)
    }
    for index in given..<max(length, given) {
      // The conjugate, with its parts in the current order.
      let mirror = ComplexLanes(room, length &- index)
      let number =
        isInverse ? ComplexLanes(-mirror.real, mirror.imaginary) : ComplexLanes(mirror.real, -mirror.imaginary)
      number.store(room, index)
    }
  }

  /// Reads pairs of real numbers as complex numbers.
  @inline(never)
  func readPairs(to room: UnsafeMutablePointer<Lanes4>) {
    for index in 0..<(arguments.length / 2) {
      let even = 2 &* index < arguments.source.count ? number(2 &* index) : zero
      let odd = 2 &* index &+ 1 < arguments.source.count ? number(2 &* index &+ 1) : zero
      ComplexLanes(even.real, odd.real).store(room, index)
    }
  }

  @inline(never)
  func write(_ spectrum: UnsafeMutablePointer<Lanes4>) {
    let scale = 1 / Double(arguments.length)
    for index in 0..<arguments.target.count {
      let number = ComplexLanes(spectrum, index)
      write(arguments.isInverse ? number.exchanged * scale : number, index)
    }
  }

  /// Writes the spectrum of real numbers, given that of their pairs. Its second half mirrors the
  /// first.
  @inline(never)
  func writePairs(_ spectrum: UnsafeMutablePointer<Lanes4>) {
    let length = arguments.length, half = length / 2, roots = arguments.pairRoots!
    let scale = arguments.isInverse ? 1 / Double(length) : 1
    for index in 0..<arguments.target.count {
      let isSecondHalf = index > half
      let place = isSecondHalf ? length - index : index
      let own = ComplexLanes(spectrum, place == half ? 0 : place)
      let other = ComplexLanes(spectrum, place == 0 ? 0 : half - place)
      let mirror = ComplexLanes(other.real, -other.imaginary)
      var number = ((own + mirror) + (own - mirror).turned.times(roots, place)) * (0.5 * scale)
      // The inverse transform of real numbers is the conjugate of the forward transform.
      if isSecondHalf != arguments.isInverse { number.imaginary = -number.imaginary }
      write(number, index)
    }
  }

  @inline(always)
  private func write(_ number: ComplexLanes, _ index: Int) {
    let y = arguments.output + index &* arguments.target.stride
    let hasImaginary = arguments.target.parts == 2
    @inline(always)
    func put(_ lane: Int, _ place: Int) {
      guard lane < count else { return }
      y[place] = Float(number.real[lane])
      if hasImaginary { y[place &+ 1] = Float(number.imaginary[lane]) }
    }
    put(0, outputs.0)
    put(1, outputs.1)
    put(2, outputs.2)
    put(3, outputs.3)
  }
}
