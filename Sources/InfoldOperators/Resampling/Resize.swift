import InfoldGraph
import InfoldSystem
import InfoldTensor

/// ONNX Resize, opsets 10, 11, 13, 18, 19: a tensor of any rank resized by nearest-neighbor,
/// n-linear or n-cubic interpolation.
///
/// The sizes come from `scales` or from `sizes`. With `scales`, each size is ⌊size · scale⌋,
/// computed in float32; as in other runtimes, `roi` does not affect it. Opset 10 has only `scales`
/// and maps positions asymmetrically. In nearest-neighbor mode, it takes the lower neighbor if a
/// tensor grows and the higher one if it shrinks, as ONNX Runtime does; the standard does not
/// define this.
///
/// Opset 13 removed `tf_half_pixel_for_nn`, but it is supported in all opsets because exporters
/// still write it. Integers are interpolated in float64, rounded to nearest and saturated.
package struct Resize: ResizingOperator {
  package static let name = "Resize"
  package static let versions = [10, 11, 13, 18, 19]
  package static let compatibleVersions = [13, 18, 19]
  package static let family = OperatorFamily.movement
  package static let widening = Widening.sameFunction
  package static let settings: ClosedRange<Int>? = 1...3
  package static func arity(since version: Int) -> Arity {
    switch version {
    case 10: Arity(2)
    case 11: Arity(inputs: 3...4)
    default: Arity(inputs: 1...4)
    }
  }

  /// How the sizes are adjusted to keep the aspect ratio.
  private enum AspectRatioPolicy: String, CaseIterable {
    case stretch
    case notLarger = "not_larger"
    case notSmaller = "not_smaller"
  }

  /// Cubic weights may be negative.
  package var averagesInput: Bool { resampling.isAverage }

  private let resampling: Resampling
  private let axes: [Int]?
  private let policy: AspectRatioPolicy
  private let version: Int

  package init(_ attributes: inout AttributeReader) throws(InfoldError) {
    let version = attributes.version
    self.version = version
    let mode = try attributes.choice(
      "mode", of: version < 11 ? ["nearest", "linear"] : ["nearest", "linear", "cubic"])
    guard version >= 11 else {
      resampling = Resampling(kernel: mode == "linear" ? .linear : .nearest(.legacy), transformation: .asymmetric)
      axes = nil
      policy = .stretch
      return
    }
    let nearest = try attributes.choice(
      "nearest_mode", of: ["round_prefer_floor", "round_prefer_ceil", "floor", "ceil"])
    let transformations = CoordinateTransformation.allCases.filter { version >= 19 || $0 != .halfPixelSymmetric }
    let transformation = try attributes.choice("coordinate_transformation_mode", of: transformations.map(\.rawValue))
    let a = try attributes.float("cubic_coeff_a") ?? -0.75
    guard a.isFinite else { throw InfoldError(.invalidModel, "cubic_coeff_a is \(a) but must be finite") }
    let kernel: Resampling.Kernel =
      switch mode {
      case "linear": .linear
      case "cubic": .cubic(a: Double(a))
      default: .nearest(Resampling.NearestMode(rawValue: nearest)!)
      }
    resampling = Resampling(
      kernel: kernel, transformation: CoordinateTransformation(rawValue: transformation)!,
      excludesOutside: try attributes.flag("exclude_outside"),
      antialiases: version >= 18 ? try attributes.flag("antialias") : false,
      extrapolationValue: try attributes.float("extrapolation_value") ?? 0)
    axes = version >= 18 ? try attributes.ints("axes") : nil
    policy =
      version >= 18
      ? AspectRatioPolicy(
        rawValue: try attributes.choice(
          "keep_aspect_ratio_policy", of: AspectRatioPolicy.allCases.map(\.rawValue)))! : .stretch
  }

  /// The elements that contribute to an element of the result in simple cases: the nearest one, or
  /// the two nearest ones along each axis, weighted. `nil` for cubic interpolation, for kernels
  /// that are widened or cut off, and for extrapolation.
  package var neighbours: ResizeNeighbours? {
    guard !resampling.antialiases, !resampling.excludesOutside, resampling.transformation != .tfCropAndResize else {
      return nil
    }
    return resampling.neighbours
  }

  private var scalesInput: Int { version < 11 ? 1 : 2 }
  private static let roiInput = 1
  private static let sizesInput = 3

  package func inferOutputs(_ inputs: OperatorInputs) throws(InfoldError) -> [TensorType] {
    let x = try inputs.type(0, of: resampling.elementTypes)
    let source = try source(inputs)
    guard var output = x.shape else { return [TensorType(x.elementType, nil)] }
    let axes = try resizedAxes(rank: output.rank)
    let targets = try targets(output, axes, source, inputs)
    let regions = try regions(axes.count, inputs)
    for (index, axis) in axes.enumerated() {
      let resized = resizedAxis(axis, output[axis], targets[index], regions?[index])
      if let resized { try resampling.check(resized) }
      output[axis] = targets[index].dimension
    }
    return [TensorType(x.elementType, output)]
  }

  /// The input that determines the size of the result.
  private enum Source {
    case scales, sizes
  }

  /// Returns the input that determines the size of the result, or `nil` if it is unknown which of
  /// the inputs is an empty list.
  private func source(_ inputs: OperatorInputs) throws(InfoldError) -> Source? {
    let scales = try isList(scalesInput, of: .floatingPoint, inputs)
    let sizes = try version >= 11 ? isList(Self.sizesInput, of: .int64, inputs) : false
    switch (scales, sizes) {
    case (true?, true?):
      throw InfoldError(.invalidModel, "exactly one of scales and sizes is required; the node has both")
    case (false?, false?):
      throw InfoldError(.invalidModel, "exactly one of scales and sizes is required; the node has neither")
    case (true?, _), (_, false?): return .scales
    case (_, true?), (false?, _): return .sizes
    case (nil, nil): return nil
    }
  }

  /// Returns whether input `index` is present and not empty, or `nil` if that is unknown.
  private func isList(_ index: Int, of types: ElementTypeSet, _ inputs: OperatorInputs) throws(InfoldError) -> Bool? {
    guard inputs.has(index) else { return false }
    return try inputs.listLength(index, of: types).map { $0 > 0 }
  }

  private func resizedAxes(rank: Int) throws(InfoldError) -> [Int] {
    if let axes { try normalizedAxes(axes, rank: rank) } else { Array(0..<rank) }
  }

  /// The size of the result along one axis, as far as it is known.
  private struct Target {
    var dimension = Dimension.unknown
    var extent: ResizedAxis.Extent?
  }

  private func targets(
    _ shape: Shape, _ axes: [Int], _ source: Source?, _ inputs: OperatorInputs
  ) throws(InfoldError) -> [Target] {
    let unknown = Array(repeating: Target(), count: axes.count)
    guard let source else { return unknown }
    let index = source == .scales ? scalesInput : Self.sizesInput
    if let count = try inputs.listLength(index, of: .numeric), count != axes.count {
      throw InfoldError(
        .invalidModel,
        "input \(index) has \(counted(count, "element")) for \(counted(axes.count, "axis", plural: "axes"))")
    }
    switch source {
    case .scales:
      guard let scales = try inputs.constant(index)?.floats() else { return unknown }
      try ResizedAxis.check(scales: scales)
      var targets: [Target] = []
      for (axis, scale) in zip(axes, scales) {
        targets.append(Target(dimension: try .scaled(shape[axis], by: scale), extent: .scale(scale)))
      }
      return targets
    case .sizes:
      guard let sizes = try inputs.dimensions(index) else { return unknown }
      for size in sizes.compactMap(\.size) where size < 0 {
        throw InfoldError(.invalidModel, "sizes has the negative size \(size)")
      }
      guard policy != .stretch else {
        return sizes.map { Target(dimension: $0, extent: $0.size.map { .width(Double($0)) }) }
      }
      return try keepingAspectRatio(axes.map { shape[$0] }, sizes) ?? unknown
    }
  }

  /// Returns the sizes with a common scale for all axes: the smallest or the largest of those that
  /// `sizes` imply.
  private func keepingAspectRatio(
    _ dimensions: [Dimension], _ sizes: [Dimension]
  ) throws(InfoldError) -> [Target]? {
    guard let inputs = Shape(dimensions).sizes, let sizes = Shape(sizes).sizes else { return nil }
    guard !inputs.contains(0) else {
      throw InfoldError(.invalidModel, "the empty shape \(Shape(inputs)) has no aspect ratio to keep")
    }
    let order: (Int, Int) -> Bool = { (a: Int, b: Int) in
      Double(sizes[a]) / Double(inputs[a]) < Double(sizes[b]) / Double(inputs[b])
    }
    guard let leading = policy == .notLarger ? inputs.indices.min(by: order) : inputs.indices.max(by: order)
    else { return [] }
    var targets: [Target] = []
    for input in inputs {
      let width = Double(input) * Double(sizes[leading]) / Double(inputs[leading])
      guard width < 0x1p62 else { throw InfoldError(.limitExceeded, "a size of \(width) is too large") }
      targets.append(Target(dimension: .fixed(Int(width.rounded())), extent: .width(width)))
    }
    return targets
  }

  /// Returns the region of each axis that is sampled, or `nil` if it is unknown.
  private func regions(_ count: Int, _ inputs: OperatorInputs) throws(InfoldError) -> [(start: Double, end: Double)]? {
    guard resampling.transformation == .tfCropAndResize else { return Array(repeating: (0, 1), count: count) }
    guard inputs.has(Self.roiInput) else {
      throw InfoldError(
        .invalidModel, "missing input roi, which the coordinate_transformation_mode tf_crop_and_resize requires")
    }
    if let length = try inputs.listLength(Self.roiInput, of: .floatingPoint), length != 2 * count {
      throw InfoldError(
        .invalidModel,
        "roi has \(counted(length, "element")) for \(counted(count, "axis", plural: "axes")) but must have two for each"
      )
    }
    guard let roi = try inputs.constant(Self.roiInput)?.converted(to: .float64).elements(as: Double.self) else {
      return nil
    }
    guard roi.allSatisfy(\.isFinite) else { throw InfoldError(.invalidModel, "roi is \(roi) but must be finite") }
    return (0..<count).map { (roi[$0], roi[count + $0]) }
  }

  private func resizedAxis(
    _ axis: Int, _ dimension: Dimension, _ target: Target, _ region: (start: Double, end: Double)?
  ) -> ResizedAxis? {
    guard let input = dimension.size, let output = target.dimension.size, let extent = target.extent, let region
    else { return nil }
    return ResizedAxis(axis: axis, input: input, output: output, region: region, extent: extent)
  }

  package func axisMapping(_ inputs: OperatorInputs, outputs: [TensorType?]) -> AxisMapping {
    guard let shape = inputs.types[0]?.shape, let axes = try? resizedAxes(rank: shape.rank),
      let source = try? source(inputs), let targets = try? targets(shape, axes, source, inputs),
      let regions = try? regions(axes.count, inputs)
    else { return .unknown }
    return AxisMapping(
      shape.indices.compactMap { axis in
        guard let place = axes.firstIndex(of: axis) else { return IndependentAxis(axis) }
        guard let resized = resizedAxis(axis, shape[axis], targets[place], regions[place]),
          resized.input == resized.output, resized.isIdentity(resampling.transformation)
        else { return nil }
        guard source == .sizes else { return IndependentAxis(axis) }
        // If the aspect ratio is kept, other sizes may depend on this one.
        guard policy == .stretch else { return nil }
        let size = IndependentAxis.ListedSize(input: Self.sizesInput, element: place)
        return IndependentAxis(inputs: [axis], outputs: [axis], listedSize: size)
      })
  }

  /// Returns the axes that are resized, or `nil` if something about them is unknown.
  private func resizedAxes(_ inputs: OperatorInputs) throws(InfoldError) -> [ResizedAxis]? {
    guard let shape = inputs.types[0]?.shape else { return nil }
    let axes = try resizedAxes(rank: shape.rank)
    let targets = try targets(shape, axes, try source(inputs), inputs)
    guard let regions = try regions(axes.count, inputs) else { return nil }
    let resized = axes.indices.compactMap { resizedAxis(axes[$0], shape[axes[$0]], targets[$0], regions[$0]) }
    return resized.count == axes.count ? resized : nil
  }

  package func resizeTables(_ inputs: OperatorInputs) throws(InfoldError) -> [ResizeTable]? {
    try resizedAxes(inputs).flatMap(resampling.tables)
  }

  package var extrapolationValue: Float { resampling.extrapolationValue }

  package func evaluate(_ inputs: [Tensor?], _ context: EvaluationContext) throws(InfoldError) -> [Tensor?] {
    [try resampling.apply(to: inputs[0]!, try resizedAxes(OperatorInputs(inputs))!)]
  }
}
