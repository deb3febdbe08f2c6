import InfoldKernelInterface
import InfoldOperators

/// Describes which source element each target element is copied from, by nested loops whose offsets
/// add up. The loops are sorted so that the target is written in memory order. Adjacent loops are
/// merged where possible.
struct CopyLoops: Sendable {
  /// The offset in the source for each iteration of a loop.
  enum Distances: Sendable, Equatable {
    /// A constant stride in elements.
    case stride(Int)
    /// An offset per iteration; `CopyLoops.nowhere` if the target element has no source.
    case table([Int])
  }

  struct Loop: Sendable {
    var count: Int
    var targetStride: Int
    var source: Distances
  }

  /// The offset of a target element that receives the fill value.
  static let nowhere = Int.min

  /// The source element from which offsets count.
  private(set) var start: Int
  private(set) var loops: [Loop] = []

  /// - Parameters:
  ///   - map: The map from target to source elements, both in row-major order.
  ///   - source: The sizes and the location of the source.
  ///   - target: The sizes and the location of the target.
  /// - Returns: `nil` if offsets are not additive in these layouts.
  init?(
    _ map: IndexMap, from source: (sizes: [Int], place: Location), to target: (sizes: [Int], place: Location)
  ) {
    if source.place.keepsDistances(sizes: source.sizes), target.place.keepsDistances(sizes: target.sizes) {
      start = map.start
      var stride = 1
      for axis in map.axes.reversed() {
        if case .strided(let count, let distance) = axis {
          if count > 1 { loops.append(Loop(count: count, targetStride: stride, source: .stride(distance))) }
        } else {
          add((0..<axis.count).map(axis.distance), targetStride: stride)
        }
        stride *= axis.count
      }
      finish()
      return
    }
    let reads = map.axes.map { axis in (0..<axis.count).map(axis.distance) }
    var stride = 1
    var writes: [[Int?]] = []
    for axis in map.axes.reversed() {
      writes.insert((0..<axis.count).map { [stride] in $0 * stride }, at: 0)
      stride *= axis.count
    }
    guard let (start, sources) = source.place.distances(from: map.start, reads, sizes: source.sizes),
      let (_, targets) = target.place.distances(from: 0, writes, sizes: target.sizes)
    else { return nil }
    self.start = start
    for (source, target) in zip(sources, targets) {
      guard let targetStride = target.commonStride else { return nil }
      add(source, targetStride: targetStride)
    }
    finish()
  }

  /// Adds a loop over these source offsets, and makes them relative to the first.
  private mutating func add(_ source: [Int?], targetStride: Int) {
    let first = source[0] ?? 0
    start += first
    guard source.count > 1 || source[0] == nil else { return }
    let distances = source.map { $0.map { $0 - first } }
    loops.append(
      Loop(
        count: source.count, targetStride: targetStride,
        source: distances.commonStride.map { .stride($0) } ?? .table(distances.map { $0 ?? Self.nowhere })))
  }

  private mutating func finish() {
    loops.sort { $0.targetStride > $1.targetStride }
    join()
  }

  private mutating func join() {
    var joined: [Loop] = []
    for loop in loops {
      if let outer = joined.last, case .stride(let outerStride) = outer.source, case .stride(let stride) = loop.source,
        outerStride == stride * loop.count, outer.targetStride == loop.targetStride * loop.count
      {
        joined[joined.count - 1].count *= loop.count
        joined[joined.count - 1].targetStride = loop.targetStride
        joined[joined.count - 1].source = loop.source
      } else {
        joined.append(loop)
      }
    }
    loops = joined
  }

  /// Whether the target is a view of the source's memory.
  var isView: Bool { loops.allSatisfy { $0.source == .stride($0.targetStride) } }
}

extension IndexMap.Axis {
  /// Returns the offset of position `index`; `nil` if it has no source element.
  fileprivate func distance(_ index: Int) -> Int? {
    switch self {
    case .strided(_, let stride): index * stride
    case .computed(_, let distance): distance(index)
    }
  }
}

extension [Int?] {
  /// The common difference between consecutive elements if the first is 0; `nil` if they differ.
  fileprivate var commonStride: Int? {
    guard let first = self[0], first == 0 else { return nil }
    guard count > 1 else { return 0 }
    guard let stride = self[1] else { return nil }
    return indices.allSatisfy { self[$0] == $0 * stride } ? stride : nil
  }
}

extension Location {
  /// Returns the distance between adjacent elements along each axis of a value with these sizes at
  /// this location.
  func strides(sizes: [Int]) -> [Int] {
    let isChannelsLast = layout == .channelsLast && sizes.count > 2
    var strides = [Int](repeating: 1, count: sizes.count)
    var next = isChannelsLast ? pixelStride : 1
    for axis in sizes.indices.reversed() where !(isChannelsLast && axis == 1) {
      strides[axis] = next
      next *= sizes[axis]
    }
    return strides
  }

  /// Returns whether distances between elements are those of row-major order.
  fileprivate func keepsDistances(sizes: [Int]) -> Bool { layout == .rowMajor || sizes.count <= 2 }

  /// Converts offsets between elements of a row-major value to those of the same value at this
  /// location.
  ///
  /// - Parameters:
  ///   - start: The index of the element from which offsets count.
  ///   - tables: Lists of offsets. One from each list is added to the start.
  /// - Returns: `nil` if sums of offsets may carry from one axis into the next, so that offsets are
  ///   not additive at this location.
  fileprivate func distances(from start: Int, _ tables: [[Int?]], sizes: [Int]) -> (start: Int, tables: [[Int?]])? {
    guard !keepsDistances(sizes: sizes) else { return (start, tables) }
    let strides = strides(sizes: sizes)
    func coordinates(_ index: Int) -> [Int] {
      var rest = index
      return sizes.reversed().map { size in
        defer { rest /= size }
        return rest % size
      }.reversed()
    }
    let first = coordinates(start)
    var lows = first, highs = first
    var results: [[Int?]] = []
    for table in tables {
      var low = [Int](repeating: 0, count: sizes.count), high = low
      var result: [Int?] = []
      for distance in table {
        guard let distance else {
          result.append(nil)
          continue
        }
        let change = zip(coordinates(start + distance), first).map { $0 - $1 }
        for axis in sizes.indices {
          low[axis] = min(low[axis], change[axis])
          high[axis] = max(high[axis], change[axis])
        }
        result.append(zip(change, strides).reduce(0) { $0 + $1.0 * $1.1 })
      }
      for axis in sizes.indices {
        lows[axis] += low[axis]
        highs[axis] += high[axis]
      }
      results.append(result)
    }
    guard sizes.indices.allSatisfy({ lows[$0] >= 0 && highs[$0] < sizes[$0] }) else { return nil }
    return (zip(first, strides).reduce(0) { $0 + $1.0 * $1.1 }, results)
  }
}
