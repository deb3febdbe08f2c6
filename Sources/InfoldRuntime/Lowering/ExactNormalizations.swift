import InfoldGraph
import InfoldOperators
import InfoldSystem
import InfoldTensor

extension LpNormalization: LoweredOperator {
  func lower(_ fused: FusedNode, into plan: inout PlanBuilder) throws(InfoldError) -> Bool {
    guard let x = fused.node.inputs[0], let y = fused.output, let sizes = plan.sizes(x), plan.sizes(y) == sizes,
      let axis = try? normalizedAxis(axis, rank: sizes.count)
    else { return false }
    let block = AxisBlock(sizes, axis: axis), isFirstPower = p == 1
    let source = try plan.location(of: x, .rowMajor), target = plan.define(y, .rowMajor, inPlaceOf: x)
    let step = RangeStep(units: block.slices, cost: sizes.reduce(4, *)) { slices, state, _ in
      for slice in slices {
        let start = slice / block.stride * block.count * block.stride + slice % block.stride
        let (x, y) = (state.pointer(source) + start, state.pointer(target) + start)
        var sum = 0.0
        for index in 0..<block.count {
          let magnitude = Double(x[index &* block.stride].magnitude)
          sum += isFirstPower ? magnitude : magnitude * magnitude
        }
        let norm = isFirstPower ? sum : sum.squareRoot()
        for index in 0..<block.count {
          let number = Double(x[index &* block.stride])
          y[index &* block.stride] = norm == 0 ? 0 : Float(number / norm)
        }
      }
    }
    plan.emit(step, "normalization", reads: [source], writes: [target])
    return true
  }
}

extension MeanVarianceNormalization: LoweredOperator {
  func lower(_ fused: FusedNode, into plan: inout PlanBuilder) throws(InfoldError) -> Bool {
    guard let x = fused.node.inputs[0], let y = fused.output, let sizes = plan.sizes(x), plan.sizes(y) == sizes,
      let axes = try? normalizedAxes(axes, rank: sizes.count), let runs = NormalizedRuns(sizes, along: axes)
    else { return false }
    let source = try plan.location(of: x, .rowMajor), target = plan.define(y, .rowMajor, inPlaceOf: x)
    let step = RangeStep(units: runs.kept, cost: sizes.reduce(8, *)) { kept, state, _ in
      for index in kept { runs.normalize(index, from: state.pointer(source), to: state.pointer(target)) }
    }
    plan.emit(step, "normalization", reads: [source], writes: [target])
    return true
  }
}

/// Elements that are normalized together: `outer` runs of `inner` elements for each index of the
/// kept axes, which must be adjacent.
private struct NormalizedRuns: Sendable {
  private let outer: Int
  let kept: Int
  private let inner: Int

  /// Returns `nil` if the kept axes are not adjacent.
  init?(_ sizes: [Int], along axes: [Int]) {
    let own = sizes.indices.filter { !axes.contains($0) && sizes[$0] > 1 }
    let first = own.first ?? sizes.count, last = own.last ?? sizes.count - 1
    guard !(first..<max(first, last + 1)).contains(where: { axes.contains($0) && sizes[$0] > 1 }) else { return nil }
    outer = sizes[..<first].reduce(1, *)
    kept = sizes[first..<max(first, last + 1)].reduce(1, *)
    inner = sizes[max(first, last + 1)...].reduce(1, *)
  }

  func normalize(_ index: Int, from x: UnsafePointer<Float>, to y: UnsafeMutablePointer<Float>) {
    func forEach(_ body: (Int) -> Void) {
      for run in 0..<outer {
        let start = (run * kept + index) * inner
        for place in start..<start + inner { body(place) }
      }
    }
    let count = Double(outer * inner)
    var (sum, squares) = (0.0, 0.0)
    forEach { sum += Double(x[$0]) }
    let mean = sum / count
    forEach {
      let deviation = Double(x[$0]) - mean
      squares += deviation * deviation
    }
    let scale = (squares / count).squareRoot() + 1e-9
    forEach { y[$0] = Float((Double(x[$0]) - mean) / scale) }
  }
}
