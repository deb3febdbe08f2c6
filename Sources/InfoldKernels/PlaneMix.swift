public import InfoldKernelInterface

extension Kernels {
  @inline(never)
  public static func mixPlanes(_ arguments: PlaneMixArguments, elements: Range<Int>) {
    let input = arguments.input + elements.lowerBound, output = arguments.output + elements.lowerBound
    let length = elements.upperBound &- elements.lowerBound
    for plane in 0..<arguments.outputs {
      let weights = arguments.weights + plane &* arguments.inputs
      let start = Vector(repeating: arguments.bias.map { $0[plane] } ?? 0)
      let target = output + plane &* arguments.outputStride
      // Several vectors at a time, so that sums do not wait for each other.
      let width = 4 &* Vector.scalarCount
      var index = 0
      while index &+ width <= length {
        var sums = InlineArray<4, Vector> { _ in start }
        var source = input + index
        for plane in 0..<arguments.inputs {
          let weight = Vector(repeating: weights[plane])
          for part in 0..<4 {
            sums[part] = .multiplyAdd(Vector(at: source + part &* Vector.scalarCount), weight, sums[part])
          }
          source += arguments.inputStride
        }
        for part in 0..<4 { sums[part].store(at: target + (index &+ part &* Vector.scalarCount)) }
        index &+= width
      }
      forEachVector(of: length &- index) { place, count in
        var sum = start
        var source = input + (index &+ place)
        for plane in 0..<arguments.inputs {
          sum = .multiplyAdd(Vector(at: source, count: count), Vector(repeating: weights[plane]), sum)
          source += arguments.inputStride
        }
        sum.store(at: target + (index &+ place), count: count)
      }
    }
  }
}
