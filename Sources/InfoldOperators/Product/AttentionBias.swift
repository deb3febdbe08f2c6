import InfoldGraph
import InfoldSystem
import InfoldTensor

/// The bias that is added to the scores of an attention.
struct AttentionBias {
  /// Limits of the keys that a query reads, relative to its position.
  struct Limits {
    var isCausal: Bool
    var reachBefore: Int?
    var reachAfter: Int?

    /// How many keys after its position a query reads; `nil` for no limit.
    var after: Int? { isCausal ? 0 : reachAfter }
  }

  private let limits: Limits
  private let sizes: AttentionSizes
  private let type: ElementType

  init(_ limits: Limits, _ sizes: AttentionSizes, _ type: ElementType) {
    self.limits = limits
    self.sizes = sizes
    self.type = type
  }

  /// Adds the bias. It broadcasts to [B, Hq, M, S] and has at least two dimensions.
  /// - Returns: The bias, and whether a query may be left without keys; `nil` if there is no bias.
  func compose(_ network: inout Composition) throws(InfoldError) -> (value: ValueID, mayBeEmpty: Bool)? {
    var allowed = try positions(&network)
    if let counts = network[6] {
      let columns = try self.columns(&network)
      let isKey = try network.add(Less.name, [columns, network.reshape(counts, [sizes.batch, 1, 1, 1])])
      allowed = try both(allowed, isKey, &network)
    }
    var summand: ValueID?
    if let mask = try paddedMask(&network) {
      if network.elementType(mask) == .bool {
        allowed = try both(allowed, mask, &network)
      } else {
        summand = try network.cast(mask, to: type)
      }
    }
    guard let allowed else { return summand.map { ($0, true) } }
    let nothing = network.add(try Tensor(scalar: 0.0).converted(to: type))
    let minusInfinity = network.add(try Tensor(scalar: -Double.infinity).converted(to: type))
    let bias = try network.add(Where.name, [allowed, summand ?? nothing, minusInfinity])
    return (bias, network[3] != nil || network[6] != nil || !everyQueryHasKeys)
  }

  /// Adds consecutive numbers. A Range node computes them, so that no large constant is created
  /// here.
  private func numbers(
    from first: Int, count: Int, _ network: inout Composition
  ) throws(InfoldError) -> ValueID {
    let bounds = try [first, first + count, 1].map { number throws(InfoldError) in
      network.add(try Tensor(scalar: Int64(number)))
    }
    return try network.add(RangeOperator.name, bounds)
  }

  private func both(
    _ a: ValueID?, _ b: ValueID, _ network: inout Composition
  ) throws(InfoldError) -> ValueID {
    guard let a else { return b }
    return try network.add(And.name, [a, b])
  }

  /// Returns the mask, extended to exclude keys beyond its end.
  private func paddedMask(_ network: inout Composition) throws(InfoldError) -> ValueID? {
    guard var mask = network[3], var shape = sizes.mask else { return nil }
    if shape.count == 1 {
      shape = [1, shape[0]]
      mask = try network.reshape(mask, shape)
    }
    let missing = sizes.keys - shape.last!
    guard missing > 0 else { return mask }
    let rest = shape.dropLast() + [missing]
    let type = network.elementType(mask)
    let nothing =
      type == .bool ? try Tensor(scalar: false) : try Tensor(scalar: -Double.infinity).converted(to: type)
    let expanded = try network.add(Expand.name, [network.add(nothing), network.list(Array(rest))])
    return try network.add(Concat.name, [mask, expanded], ["axis": .int(-1)])
  }

  private func columns(_ network: inout Composition) throws(InfoldError) -> ValueID {
    try network.reshape(numbers(from: 0, count: sizes.keys, &network), [1, sizes.keys])
  }

  /// Returns which keys the queries read according to their positions, as booleans [M, S] or [B, 1,
  /// M, S]; `nil` for all keys.
  private func positions(_ network: inout Composition) throws(InfoldError) -> ValueID? {
    guard limits.after != nil || limits.reachBefore != nil else { return nil }
    let columns = try self.columns(&network)
    let first = network[6] == nil ? sizes.past : 0
    var rows = try network.reshape(numbers(from: first, count: sizes.queries, &network), [sizes.queries, 1])
    if let counts = network[6] {
      let offset = try network.add(Sub.name, [counts, network.add(try Tensor(scalar: Int64(sizes.queries)))])
      rows = try network.add(Add.name, [rows, network.reshape(offset, [sizes.batch, 1, 1, 1])])
    }
    let bounds = [(LessOrEqual.name, limits.after), (GreaterOrEqual.name, limits.reachBefore.map { -$0 })]
    var allowed: ValueID?
    for case (let comparison, let distance?) in bounds {
      // The bound keeps positions far from integer overflow, even for the largest relevant
      // distance.
      let bounded = Int64(min(max(distance, -Self.farthest), Self.farthest))
      let end = bounded == 0 ? rows : try network.add(Add.name, [rows, network.add(try Tensor(scalar: bounded))])
      let isWithin = try network.add(comparison, [columns, end])
      allowed = try both(allowed, isWithin, &network)
    }
    return allowed
  }

  private static let farthest = 1 << 60

  /// Whether every query has a key within its limits, whatever the inputs are.
  private var everyQueryHasKeys: Bool {
    guard sizes.queries > 0, sizes.keys > 0 else { return true }
    let last = sizes.past + sizes.queries - 1
    return last - min(limits.reachBefore ?? last, last) < sizes.keys
  }
}
