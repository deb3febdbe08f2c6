import InfoldGraph
import InfoldSystem
import InfoldTensor

/// ONNX Cast, opsets 1, 6, 9, 13, 19, 21, 23, 24, 25, 28: conversion to another element type.
///
/// - To a floating-point type: rounded to nearest, ties to even; ±infinity if out of range. With
///   `.double` precision, nothing is rounded.
/// - Floating point to integer: rounded toward zero. Cases that ONNX leaves undefined are defined
///   here: values out of range are clamped, NaN becomes 0.
/// - Integer to integer: the low bits. The same holds for floating point to int4 and uint4, after
///   rounding.
/// - To bool: everything but zero is true, including NaN. From bool: 1 and 0.
///
/// Strings, float8, float6, float4 and 2-bit integers are not supported. `saturate` and
/// `round_mode` affect only conversions to narrow floating-point types among those.
package struct Cast: Operator {
  package static let name = "Cast"
  package static let versions = [1, 6, 9, 13, 19, 21, 23, 24, 25, 28]
  package static let compatibleVersions = [9, 13, 19, 21, 23, 24, 25]
  package static let family = OperatorFamily.arithmetic
  package static let widening = Widening.conversion
  package static let keepsElements = true
  package static func elementTypes(since version: Int) -> ElementTypeSet { .castable(since: version) }
  package static func arity(since version: Int) -> Arity { Arity(1) }

  /// The target type.
  package let target: ElementType
  private let elementTypes: ElementTypeSet

  package init(_ attributes: inout AttributeReader) throws(InfoldError) {
    let version = attributes.version
    target = version < 6 ? try Self.namedTarget(&attributes) : try Self.numberedTarget(&attributes)
    elementTypes = Self.elementTypes(since: version)
    guard elementTypes.contains(target) else {
      throw InfoldError(
        .unsupported, "unsupported element type \(target) as the target of Cast; supported are \(elementTypes)")
    }
    try attributes.readNarrowConversion()
  }

  private static func numberedTarget(_ attributes: inout AttributeReader) throws(InfoldError) -> ElementType {
    guard let type = try attributes.elementType("to") else {
      throw InfoldError(.invalidModel, "missing attribute \"to\"")
    }
    return type
  }

  private static func namedTarget(_ attributes: inout AttributeReader) throws(InfoldError) -> ElementType {
    let names: [String: ElementType] = [
      "FLOAT": .float32, "UINT8": .uint8, "INT8": .int8, "UINT16": .uint16, "INT16": .int16, "INT32": .int32,
      "INT64": .int64, "STRING": .string, "BOOL": .bool, "FLOAT16": .float16, "DOUBLE": .float64, "UINT32": .uint32,
      "UINT64": .uint64, "COMPLEX64": .complex64, "COMPLEX128": .complex128,
    ]
    let name = try attributes.string("to")
    guard let type = name.flatMap({ names[$0] }) else {
      throw InfoldError(
        .invalidModel,
        "the attribute \"to\" is \(name.map(String.init(quoting:)) ?? "missing"), which is not a supported element type"
      )
    }
    return type
  }

  package func inferOutputs(_ inputs: OperatorInputs) throws(InfoldError) -> [TensorType] {
    [TensorType(target, try inputs.type(0, of: elementTypes).shape)]
  }

  package func inferElements(_ inputs: OperatorInputs, outputs: [TensorType]) throws(InfoldError) -> [SymbolicTensor?] {
    [inputs.partial(0)?.cast(to: target)]
  }

  package func axisMapping(_ inputs: OperatorInputs, outputs: [TensorType?]) -> AxisMapping { .everyAxis(inputs) }

  package func evaluate(_ inputs: [Tensor?], _ context: EvaluationContext) throws(InfoldError) -> [Tensor?] {
    [try inputs[0]!.casting(to: context.precision == .double && target.isFloatingPoint ? .float64 : target)]
  }
}

extension Tensor {
  /// Returns the elements converted as Cast does. Values out of the range of int4 and uint4 lose
  /// their high bits.
  func casting(to type: ElementType) throws(InfoldError) -> Tensor {
    guard type.ofWholeBytes != nil, elementType.isFloatingPoint else { return try cast(to: type) }
    return try cast(to: .int64).cast(to: type)
  }
}

extension ElementTypeSet {
  /// Returns the types that Cast and CastLike convert from and to.
  static func castable(since version: Int) -> ElementTypeSet {
    version < 21 ? .all : ElementTypeSet(ElementTypeSet.all.types + [.int4, .uint4])
  }
}

extension AttributeReader {
  /// Reads the attributes of Cast and CastLike that affect only conversions to unsupported types.
  mutating func readNarrowConversion() throws(InfoldError) {
    if version >= 19 { _ = try flag("saturate", default: true) }
    if version >= 24, let mode = try string("round_mode"), !["up", "down", "nearest"].contains(mode) {
      throw InfoldError(.invalidModel, "round_mode is \(String(quoting: mode)) but must be up, down or nearest")
    }
  }
}

extension SymbolicTensor {
  /// Returns the elements converted to another type. Sizes are unchanged by conversions between
  /// integer types; `nil` for other conversions.
  func cast(to type: ElementType) -> SymbolicTensor? {
    guard elementType != .bool, type != .bool else { return nil }
    let elements = elements.map { element in
      if let size = element.size, type == .int32, Int32(exactly: size) == nil { Dimension.unknown } else { element }
    }
    return SymbolicTensor(type, shape: shape, elements)
  }
}
