import InfoldKernelInterface
import InfoldOperators
import InfoldTensor

/// Copies elements according to `CopyLoops`. Its work units are the iterations of all loops but the
/// two innermost.
struct CopyStep: Sendable {
  private let kernels: any KernelSet.Type
  private let start: Int
  /// All loops but the two innermost.
  private let outer: [CopyLoops.Loop]
  private let middle: CopyLoops.Loop
  private let inner: CopyLoops.Loop
  /// The size of an element in bytes.
  private let byteCount: Int
  /// The bit pattern of target elements without a source.
  private let fill: UInt64
  /// The product of all loop counts.
  let count: Int
  /// Iterations of the innermost loop that are contiguous in the source or have no source; empty if
  /// such runs are short.
  private let runs: [Run]

  /// Consecutive iterations of a loop.
  private struct Run {
    var first: Int
    var count: Int
    /// The offset of the first iteration; `CopyLoops.nowhere` if the run has no source.
    var distance: Int
  }

  init(_ copy: CopyLoops, byteCount: Int, fill: UInt64, _ kernels: any KernelSet.Type) {
    self.kernels = kernels
    self.byteCount = byteCount
    self.fill = fill
    start = copy.start
    count = copy.loops.reduce(1) { $0 * $1.count }
    let once = CopyLoops.Loop(count: 1, targetStride: 0, source: .stride(0))
    var loops = copy.loops
    inner = loops.popLast() ?? once
    // A loop with stride 1 in the source turns the two innermost loops into a transposition.
    if inner.targetStride == 1, case .stride(let stride) = inner.source, stride != 1, stride != 0,
      let dense = loops.lastIndex(where: { $0.source == .stride(1) && $0.count > 3 })
    {
      middle = loops.remove(at: dense)
    } else {
      middle = loops.popLast() ?? once
    }
    outer = loops
    runs = Self.runs(inner)
  }

  private static func runs(_ loop: CopyLoops.Loop) -> [Run] {
    guard loop.targetStride == 1, case .table(let distances) = loop.source else { return [] }
    var runs: [Run] = []
    for (round, distance) in distances.enumerated() {
      if let last = runs.last,
        distance == CopyLoops.nowhere || last.distance == CopyLoops.nowhere
          ? last.distance == distance : distance == last.distance + last.count
      {
        runs[runs.count - 1].count += 1
      } else {
        runs.append(Run(first: round, count: 1, distance: distance))
      }
    }
    // Short runs are copied faster element by element.
    return loop.count >= 8 * runs.count ? runs : []
  }

  var units: Int { outer.reduce(1) { $0 * $1.count } }

  /// Copies the elements of a range of units.
  func run(_ units: Range<Int>, from source: UnsafeRawPointer, to target: UnsafeMutableRawPointer) {
    switch ElementWidth(byteCount: byteCount) {
    case .one: run(units, from: source, to: target, fill: UInt8(truncatingIfNeeded: fill))
    case .two: run(units, from: source, to: target, fill: UInt16(truncatingIfNeeded: fill))
    case .four: run(units, from: source, to: target, fill: UInt32(truncatingIfNeeded: fill))
    case .eight: run(units, from: source, to: target, fill: fill)
    }
  }

  private func run<Element: BitPattern>(
    _ units: Range<Int>, from source: UnsafeRawPointer, to target: UnsafeMutableRawPointer, fill: Element
  ) {
    let source = source.assumingMemoryBound(to: Element.self), target = target.assumingMemoryBound(to: Element.self)
    for unit in units {
      var rest = unit
      var x = start, y = 0
      for loop in outer.reversed() {
        let round = rest % loop.count
        rest /= loop.count
        y += round * loop.targetStride
        x = Self.sum(x, loop.source.of(round))
      }
      if x == CopyLoops.nowhere {
        for round in 0..<middle.count { write(fill, to: target + y + round * middle.targetStride) }
      } else {
        copy(from: source + x, to: target + y, fill: fill)
      }
    }
  }

  @inline(__always)
  private static func sum(_ a: Int, _ b: Int) -> Int {
    a == CopyLoops.nowhere || b == CopyLoops.nowhere ? CopyLoops.nowhere : a + b
  }

  private func write<Element: BitPattern>(_ fill: Element, to y: UnsafeMutablePointer<Element>) {
    for index in 0..<inner.count { y[index * inner.targetStride] = fill }
  }

  private func copy<Element: BitPattern>(
    from x: UnsafePointer<Element>, to y: UnsafeMutablePointer<Element>, fill: Element
  ) {
    if case .stride(1) = middle.source, case .stride(let stride) = inner.source, inner.targetStride == 1, stride > 1 {
      let transposition = TransposeArguments(
        input: x, inputStride: stride, output: y, outputStride: middle.targetStride, rows: inner.count,
        columns: middle.count, elementByteCount: byteCount)
      kernels.transpose(transposition, units: 0..<transposition.unitCount)
      return
    }
    for round in 0..<middle.count {
      let row = y + round * middle.targetStride
      let distance = middle.source.of(round)
      if distance == CopyLoops.nowhere {
        write(fill, to: row)
      } else {
        copyRow(from: x + distance, to: row, fill: fill)
      }
    }
  }

  @inline(__always)
  private func copyRow<Element: BitPattern>(
    from x: UnsafePointer<Element>, to y: UnsafeMutablePointer<Element>, fill: Element
  ) {
    let step = inner.targetStride
    switch inner.source {
    case .stride(1) where step == 1 && inner.count > 15: y.update(from: x, count: inner.count)
    case .stride(0) where step == 1: y.update(repeating: x.pointee, count: inner.count)
    case .stride(let stride):
      for index in 0..<inner.count { y[index &* step] = x[index &* stride] }
    case .table where !runs.isEmpty:
      for run in runs {
        if run.distance == CopyLoops.nowhere {
          (y + run.first).update(repeating: fill, count: run.count)
        } else {
          (y + run.first).update(from: x + run.distance, count: run.count)
        }
      }
    case .table(let distances):
      for index in 0..<inner.count {
        let distance = distances[index]
        y[index &* step] = distance == CopyLoops.nowhere ? fill : x[distance]
      }
    }
  }
}

extension CopyLoops.Distances {
  /// Returns the offset of an iteration.
  @inline(__always)
  fileprivate func of(_ round: Int) -> Int {
    switch self {
    case .stride(let stride): round * stride
    case .table(let distances): distances[round]
    }
  }
}
