import Infold
import InfoldServing
import OpenInferenceGRPC

extension Inference_InferTensorContents {
  /// The elements as a tensor.
  /// - Throws: `ServingError` with `.invalidArgument` if the elements are in the wrong field, too
  ///   many, too few or out of range, and for types without a field.
  func tensor(of datatype: Datatype, shape: [Int64], input name: String) throws(ServingError) -> Tensor {
    /// Reads elements whose type has its own field.
    func whole<Element: TensorElement>(_ elements: [Element]) throws(ServingError) -> Tensor {
      try requireNoOthers(than: elements.count, datatype, name)
      return try Tensor(elements: elements, shape: shape, input: name)
    }
    /// Reads elements that are transmitted as a wider type.
    func narrowed<Wide: FixedWidthInteger, Element: TensorElement & FixedWidthInteger>(
      _ elements: [Wide], to _: Element.Type
    ) throws(ServingError) -> Tensor {
      try requireNoOthers(than: elements.count, datatype, name)
      var narrow: [Element] = []
      narrow.reserveCapacity(elements.count)
      for element in elements {
        guard let value = Element(exactly: element) else {
          throw ServingError(
            .invalidArgument,
            "input '\(name.printable)' of \(datatype.rawValue) has the element \(element), which is out of range")
        }
        narrow.append(value)
      }
      return try Tensor(elements: narrow, shape: shape, input: name)
    }
    switch datatype {
    case .bool: return try whole(boolContents)
    case .int8: return try narrowed(intContents, to: Int8.self)
    case .int16: return try narrowed(intContents, to: Int16.self)
    case .int32: return try whole(intContents)
    case .int64: return try whole(int64Contents)
    case .uint8: return try narrowed(uintContents, to: UInt8.self)
    case .uint16: return try narrowed(uintContents, to: UInt16.self)
    case .uint32: return try whole(uintContents)
    case .uint64: return try whole(uint64Contents)
    case .float32: return try whole(fp32Contents)
    case .float64: return try whole(fp64Contents)
    case .float16, .bfloat16:
      throw ServingError(
        .invalidArgument,
        "input '\(name.printable)' is of \(datatype.rawValue), which has no contents field: send raw_input_contents")
    }
  }

  /// - Throws: `ServingError` with `.invalidArgument` if other fields contain elements.
  private func requireNoOthers(than count: Int, _ datatype: Datatype, _ name: String) throws(ServingError) {
    let total =
      boolContents.count + intContents.count + int64Contents.count + uintContents.count + uint64Contents.count
      + fp32Contents.count + fp64Contents.count + bytesContents.count
    guard total == count else {
      throw ServingError(
        .invalidArgument,
        "input '\(name.printable)' has elements in a contents field that does not belong to \(datatype.rawValue)")
    }
  }

  /// The elements of a tensor.
  /// - Throws: `ServingError` with `.internal` for types without a field.
  init(_ tensor: Tensor) throws(ServingError) {
    self.init()
    try serving { () throws(InfoldError) in
      switch tensor.elementType {
      case .bool: boolContents = try tensor.elements()
      case .int8: intContents = try tensor.elements(as: Int8.self).map { Int32($0) }
      case .int16: intContents = try tensor.elements(as: Int16.self).map { Int32($0) }
      case .int32: intContents = try tensor.elements()
      case .int64: int64Contents = try tensor.elements()
      case .uint8: uintContents = try tensor.elements(as: UInt8.self).map { UInt32($0) }
      case .uint16: uintContents = try tensor.elements(as: UInt16.self).map { UInt32($0) }
      case .uint32: uintContents = try tensor.elements()
      case .uint64: uint64Contents = try tensor.elements()
      case .float32: fp32Contents = try tensor.elements()
      case .float64: fp64Contents = try tensor.elements()
      default: throw InfoldError(.unsupported, "elements of \(tensor.elementType) are sent raw")
      }
    }
  }
}

extension Datatype {
  /// Whether messages have a contents field for this type.
  var hasContents: Bool { self != .float16 && self != .bfloat16 }
}
