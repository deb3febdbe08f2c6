import InfoldGraph
import InfoldSystem
import InfoldTensor

/// ONNX Pad, opsets 1, 2, 11, 13, 18, 19, 21, 23, 24, 25: elements added to, or removed from, both
/// ends of dimensions.
///
/// The pads are an attribute in opsets 1 (`paddings`) and 2 (`pads`), and an input since opset 11:
/// first those before every dimension, then those after. Negative pads remove elements. The
/// elements added are a constant, the reflected input without its border (`reflect`), the border
/// (`edge`) or, since opset 19, the input from its opposite end (`wrap`). Since opset 18, `axes`
/// selects the dimensions. Negative pads are applied first: only what remains is reflected,
/// repeated or wrapped.
package struct Pad: Operator, MappedOperator {
  package static let name = "Pad"
  package static let versions = [1, 2, 11, 13, 18, 19, 21, 23, 24, 25]
  package static let compatibleVersions = [13, 18, 19, 21, 23, 24, 25]
  package static let family = OperatorFamily.movement
  package static let widening = Widening.sameFunction
  package static let rounds = false
  package static func elementTypes(since version: Int) -> ElementTypeSet { version < 11 ? .floatingPoint : .all }
  package static func arity(since version: Int) -> Arity {
    version < 11 ? Arity(1) : Arity(inputs: 2...(version < 18 ? 3 : 4))
  }

  /// The source of the elements that are added.
  package enum Mode: String, Sendable, CaseIterable {
    /// A constant.
    case constant
    /// The input, reflected at its border.
    case reflect
    /// The element at the border.
    case edge
    /// The input from its opposite end.
    case wrap
  }

  /// The source of the elements that are added.
  package let mode: Mode
  private let pads: ListArgument
  private let axes: ListArgument
  private let value: Float?
  private let elementTypes: ElementTypeSet

  package init(_ attributes: inout AttributeReader) throws(InfoldError) {
    let version = attributes.version
    let name = try attributes.string("mode") ?? "constant"
    guard let mode = Mode(rawValue: name), version >= 19 || mode != .wrap else {
      let allowed = Mode.allCases.filter { version >= 19 || $0 != .wrap }.map(\.rawValue).joined(separator: ", ")
      throw InfoldError(.invalidModel, "mode is \(String(quoting: name)) but must be one of \(allowed)")
    }
    self.mode = mode
    pads = version < 11 ? .attribute(try attributes.requiredInts(version < 2 ? "paddings" : "pads")) : .input(1)
    axes = version < 18 ? .absent : .input(3)
    value = version < 11 ? try attributes.float("value") ?? 0 : nil
    elementTypes = Self.elementTypes(since: version)
  }

  /// The pads of one dimension.
  private struct Border {
    var before = 0
    var after = 0

    /// Returns the padded dimension.
    func dimension(_ dimension: Dimension, axis: Int) throws(InfoldError) -> Dimension {
      let limit = Int.max / 4
      guard (-limit...limit).contains(before), (-limit...limit).contains(after), dimension.size ?? 0 <= limit else {
        throw InfoldError(.limitExceeded, "the padding of axis \(axis) by \(before) and \(after) is too large")
      }
      guard let size = dimension.size else { return before + after == 0 ? dimension : .unknown }
      guard size + before + after >= 0 else {
        throw InfoldError(
          .invalidModel, "negative pads remove more than the \(counted(size, "element")) of axis \(axis)")
      }
      return .fixed(size + before + after)
    }
  }

  package func inferOutputs(_ inputs: OperatorInputs) throws(InfoldError) -> [TensorType] {
    let x = try inputs.type(0, of: elementTypes)
    if inputs.has(2) { try inputs.requireSameElementType([0, 2]) }
    if let constant = inputs.constant(2), constant.count != 1 {
      throw InfoldError(
        .invalidModel, "the constant value has \(counted(constant.count, "element")) but must have one")
    }
    guard var output = x.shape else { return [TensorType(x.elementType, nil)] }
    guard let borders = try borders(inputs, rank: output.rank) else {
      return [TensorType(x.elementType, Shape(unknownOfRank: output.rank))]
    }
    for (axis, border) in borders.enumerated() {
      guard let border else {
        output[axis] = .unknown
        continue
      }
      let padded = try border.dimension(output[axis], axis: axis)
      if mode != .constant, let size = output[axis].size, let paddedSize = padded.size, paddedSize > 0,
        max(0, -border.before) >= size + min(0, border.after)
      {
        throw InfoldError(.invalidModel, "axis \(axis) is empty, so the mode \(mode.rawValue) has nothing to pad with")
      }
      output[axis] = padded
    }
    return [TensorType(x.elementType, output)]
  }

  /// Returns the pads of each dimension, with `nil` for unknown ones. Returns `nil` if even the
  /// axes are unknown.
  private func borders(_ inputs: OperatorInputs, rank: Int) throws(InfoldError) -> [Border?]? {
    let pads = try pads.dimensions(in: inputs)
    let axes = axes.isGiven(in: inputs) ? try axes.values(in: inputs) : Array(0..<rank)
    guard let pads, let axes else { return nil }
    guard pads.count == 2 * axes.count else {
      throw InfoldError(
        .invalidModel,
        "there must be two pads per dimension, but there are \(pads.count) for \(counted(axes.count, "dimension"))"
      )
    }
    var borders = [Border?](repeating: Border(), count: rank)
    for (index, axis) in try normalizedAxes(axes, rank: rank).enumerated() {
      if let before = pads[index].size, let after = pads[axes.count + index].size {
        borders[axis] = Border(before: before, after: after)
      } else {
        borders[axis] = nil
      }
    }
    return borders
  }

  package func indexMaps(_ inputs: OperatorInputs) throws(InfoldError) -> [IndexMap]? {
    guard let sizes = inputs.sizes(0), !inputs.has(2) || inputs.constant(2) != nil,
      let borders = try borders(inputs, rank: sizes.count), let output = try inferOutputs(inputs)[0].shape?.sizes
    else { return nil }
    let strides = rowMajorStrides(sizes)
    var map = IndexMap(identityOf: sizes)
    for case (let axis, let border?) in borders.enumerated() where border.before != 0 || border.after != 0 {
      let first = max(0, -border.before)
      let left = first..<max(first, sizes[axis] + min(0, border.after))
      let stride = strides[axis]
      map.axes[axis] = .computed(count: output[axis]) { position in
        source(of: position - border.before, in: left).map { $0 * stride }
      }
    }
    return [map]
  }

  package func fill(_ inputs: OperatorInputs) throws(InfoldError) -> Tensor? {
    guard let value else { return inputs.constant(2) }
    return try Tensor(scalar: value).converted(to: inputs.type(0).elementType)
  }

  package func axisMapping(_ inputs: OperatorInputs, outputs: [TensorType?]) -> AxisMapping {
    guard let rank = inputs.types[0]?.shape?.rank, let borders = try? borders(inputs, rank: rank) else {
      return .unknown
    }
    return .axes(inputs) { borders[$0]?.before == 0 && borders[$0]?.after == 0 }
  }

  /// Returns the position in `range` that is the source of the element at `position`; `nil` for a
  /// constant.
  private func source(of position: Int, in range: Range<Int>) -> Int? {
    if range.contains(position) { return position }
    func remainder(by period: Int) -> Int {
      let remainder = (position - range.lowerBound) % period
      return remainder < 0 ? remainder + period : remainder
    }
    switch mode {
    case .constant: return nil
    case .edge: return position < range.lowerBound ? range.lowerBound : range.upperBound - 1
    case .wrap: return range.lowerBound + remainder(by: range.count)
    case .reflect:
      guard range.count > 1 else { return range.lowerBound }
      let period = 2 * (range.count - 1)
      let place = remainder(by: period)
      return range.lowerBound + (place < range.count ? place : period - place)
    }
  }
}
