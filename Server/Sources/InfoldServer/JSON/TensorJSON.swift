import Infold
import InfoldServing

/// Reads and writes the elements of tensors as JSON.
enum TensorJSON {
  /// Reads the elements of a tensor: a flat array in row-major order, or nested arrays.
  ///
  /// Memory is allocated for the elements in the text only, whatever the shape.
  /// - Parameters:
  ///   - reader: A reader at the beginning of the array.
  ///   - name: The name of the tensor in messages.
  static func read(
    _ reader: inout JSONReader, _ datatype: Datatype, shape: [Int], name: String
  ) throws(ServingError) -> Tensor {
    switch datatype {
    case .bool: try read(&reader, shape, name) { (reader) throws(ServingError) in try reader.bool() }
    case .uint8: try integers(&reader, shape, name, UInt8.self)
    case .uint16: try integers(&reader, shape, name, UInt16.self)
    case .uint32: try integers(&reader, shape, name, UInt32.self)
    case .uint64: try integers(&reader, shape, name, UInt64.self)
    case .int8: try integers(&reader, shape, name, Int8.self)
    case .int16: try integers(&reader, shape, name, Int16.self)
    case .int32: try integers(&reader, shape, name, Int32.self)
    case .int64: try integers(&reader, shape, name, Int64.self)
    case .float32:
      try read(&reader, shape, name) { (reader) throws(ServingError) in
        let value = reader.float(try reader.number())
        guard value.isFinite else {
          throw ServingError(.invalidArgument, "input '\(name.printable)' has a number out of range for FP32")
        }
        return value
      }
    case .float64:
      try read(&reader, shape, name) { (reader) throws(ServingError) in
        let value = reader.double(try reader.number())
        guard value.isFinite else {
          throw ServingError(.invalidArgument, "input '\(name.printable)' has a number out of range for FP64")
        }
        return value
      }
    case .float16, .bfloat16:
      throw ServingError(
        .invalidArgument,
        "sending \(datatype.rawValue) data via JSON is not supported. Please use the binary data format for input '\(name.printable)'"
      )
    }
  }

  private static func integers<Element: IntegerElement>(
    _ reader: inout JSONReader, _ shape: [Int], _ name: String, _: Element.Type
  ) throws(ServingError) -> Tensor {
    try read(&reader, shape, name) { (reader) throws(ServingError) in
      let number = try reader.number()
      return try reader.integer(number, as: Element.self)
    }
  }

  private static func read<Element: TensorElement>(
    _ reader: inout JSONReader, _ shape: [Int], _ name: String,
    _ element: (inout JSONReader) throws(ServingError) -> Element
  ) throws(ServingError) -> Tensor {
    var elements: [Element] = []
    let count = shape.reduce((1, false)) { product, size in
      let (next, overflow) = product.0.multipliedReportingOverflow(by: size)
      return (next, product.1 || overflow)
    }
    guard !count.1, shape.allSatisfy({ $0 >= 0 }) else {
      throw ServingError(
        .invalidArgument, "the shape \(shape) of input '\(name.printable)' has a negative size or overflows")
    }
    elements.reserveCapacity(min(count.0, 1 << 16))
    var depth: Int?
    try append(&reader, to: &elements, count.0, name, at: 1, &depth, element)
    guard elements.count == count.0 else { throw unexpectedCount(elements.count, count.0, name) }
    do throws(InfoldError) {
      return try Tensor(shape: shape, elements)
    } catch {
      throw ServingError(error)
    }
  }

  private static func append<Element: TensorElement>(
    _ reader: inout JSONReader, to elements: inout [Element], _ count: Int, _ name: String, at level: Int,
    _ depth: inout Int?, _ element: (inout JSONReader) throws(ServingError) -> Element
  ) throws(ServingError) {
    try reader.array { (reader) throws(ServingError) in
      if reader.peek() == UInt8(ascii: "[") {
        return try append(&reader, to: &elements, count, name, at: level + 1, &depth, element)
      }
      guard depth ?? level == level else {
        throw ServingError(
          .invalidArgument, "the elements of input '\(name.printable)' are in arrays of different depths")
      }
      depth = level
      guard elements.count < count else { throw unexpectedCount(nil, count, name) }
      elements.append(try element(&reader))
    }
  }

  private static func unexpectedCount(_ found: Int?, _ count: Int, _ name: String) -> ServingError {
    ServingError(
      .invalidArgument,
      "unexpected number of elements for input '\(name.printable)': expecting \(count), got \(found.map { "\($0)" } ?? "more")"
    )
  }

  /// Writes the elements of a tensor as a flat array in row-major order.
  static func write(_ tensor: Tensor, _ datatype: Datatype, name: String, to writer: inout JSONWriter)
    throws(ServingError)
  {
    do throws(InfoldError) {
      switch datatype {
      case .bool: try tensor.withSpan(as: Bool.self) { span in write(span, &writer) { $0 ? "true" : "false" } }
      case .uint8: try integers(tensor, UInt8.self, &writer)
      case .uint16: try integers(tensor, UInt16.self, &writer)
      case .uint32: try integers(tensor, UInt32.self, &writer)
      case .uint64: try integers(tensor, UInt64.self, &writer)
      case .int8: try integers(tensor, Int8.self, &writer)
      case .int16: try integers(tensor, Int16.self, &writer)
      case .int32: try integers(tensor, Int32.self, &writer)
      case .int64: try integers(tensor, Int64.self, &writer)
      case .float32: try numbers(tensor, Float.self, name, &writer)
      case .float64: try numbers(tensor, Double.self, name, &writer)
      case .float16, .bfloat16:
        throw InfoldError(
          .invalidArgument,
          "sending \(datatype.rawValue) data via JSON is not supported. Please use the binary data format for output '\(name.printable)'"
        )
      }
    } catch {
      throw ServingError(error)
    }
  }

  private static func integers<Element: IntegerElement>(
    _ tensor: Tensor, _: Element.Type, _ writer: inout JSONWriter
  ) throws(InfoldError) {
    try tensor.withSpan(as: Element.self) { span in write(span, &writer) { $0.description } }
  }

  private static func numbers<Element: TensorElement & BinaryFloatingPoint & CustomStringConvertible>(
    _ tensor: Tensor, _: Element.Type, _ name: String, _ writer: inout JSONWriter
  ) throws(InfoldError) {
    try tensor.withSpan(as: Element.self) { (span) throws(InfoldError) in
      for index in span.indices where !span[index].isFinite {
        throw InfoldError(
          .invalidArgument, "output '\(name.printable)' contains \(span[index]), which JSON cannot express",
          hint: "request the output as binary data")
      }
      write(span, &writer) { $0.description }
    }
  }

  private static func write<Element: TensorElement>(
    _ span: Span<Element>, _ writer: inout JSONWriter, _ text: (Element) -> String
  ) {
    writer.array(of: span.indices) { $0.raw(text(span[$1])) }
  }
}
