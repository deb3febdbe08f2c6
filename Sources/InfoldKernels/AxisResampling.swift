import InfoldKernelInterface

extension Kernels {
  @inline(never)
  public static func resampleAxis(_ arguments: AxisResamplingArguments, units: Range<Int>) {
    let inner = arguments.inner
    var (block, index) = divide(units.lowerBound, by: arguments.outputCount)
    for unit in units {
      let target = arguments.output + unit * inner
      let source = arguments.input + block * arguments.inputCount * inner
      let first = Int(arguments.first[index])
      let (start, end) = (Int(arguments.starts[index]), Int(arguments.starts[index + 1]))
      if first < 0 {
        forEachVector(of: inner) { place, count in
          Vector(repeating: arguments.fill).store(at: target + place, count: count)
        }
      } else if inner == 1 {
        var sum: Float = 0
        for tap in start..<end {
          let weight = arguments.weights[tap]
          if weight != 0 { sum += weight * source[first + tap - start] }
        }
        target.pointee = sum
      } else {
        weigh(source + first * inner, inner, arguments.weights + start, end - start, to: target)
      }
      index += 1
      if index == arguments.outputCount { (block, index) = (block + 1, 0) }
    }
  }

  /// Returns the weighted sum of consecutive rows.
  @inline(always)
  private static func weigh(
    _ rows: UnsafePointer<Float>, _ length: Int, _ weights: UnsafePointer<Float>, _ count: Int,
    to target: UnsafeMutablePointer<Float>
  ) {
    forEachVector(of: length) { place, width in
      var sum = Vector(repeating: 0)
      for tap in 0..<count where weights[tap] != 0 {
        sum = Vector.multiplyAdd(
          Vector(at: rows + tap * length + place, count: width), Vector(repeating: weights[tap]), sum)
      }
      sum.store(at: target + place, count: width)
    }
  }
}
