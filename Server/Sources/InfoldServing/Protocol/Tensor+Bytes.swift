import Glibc
package import Infold

extension Tensor {
  /// Creates a tensor from its elements in the protocols' format: row-major, little-endian, without
  /// padding.
  ///
  /// The bytes are copied. Memory is allocated only after their number has been checked, so that a
  /// request cannot allocate more than it has sent.
  /// - Parameters:
  ///   - bytes: The elements. A bool is one byte, 0 or 1.
  ///   - datatype: The type of the elements.
  ///   - shape: The sizes, outermost first.
  ///   - name: The name of the input, for errors.
  /// - Throws: `ServingError` with `.invalidArgument` if the shape has a negative size or another
  ///   number of elements, or a bool is invalid; `.limitExceeded` if memory cannot be allocated.
  package init(
    bytes: UnsafeRawBufferPointer, datatype: Datatype, shape: [Int64], input name: String
  ) throws(ServingError) {
    let sizes = try Self.sizes(shape, input: name)
    let width = datatype.byteWidth
    guard let count = Self.count(sizes), bytes.count == count * width else {
      throw ServingError(
        .invalidArgument,
        "input '\(name.printable)' has \(bytes.count) bytes, but its shape \(shape.brief) of \(datatype.rawValue) needs "
          + (Self.count(sizes).map { "\($0 * width)" } ?? "more"))
    }
    if datatype == .bool, let wrong = bytes.first(where: { $0 > 1 }) {
      throw ServingError(
        .invalidArgument, "input '\(name.printable)' of BOOL has the byte \(wrong), but bools are 0 or 1")
    }
    func filled<Element: TensorElement>(_: Element.Type) throws(InfoldError) -> Tensor {
      if bytes.count >= Self.smallestReused { return try Tensor(reusing: Element.self, sizes, bytes) }
      var tensor = try Tensor(zeros: sizes, of: datatype.elementType)
      try tensor.withMutableSpan(as: Element.self) { (span: inout MutableSpan<Element>) throws(InfoldError) in
        span.withUnsafeMutableBytes { $0.copyMemory(from: bytes) }
      }
      return tensor
    }
    self = try serving { () throws(InfoldError) in try filled(datatype.swiftType) }
  }

  /// The size in bytes above which the system allocates new pages for a tensor, each of which costs
  /// as much as copying it.
  private static let smallestReused = 1 << 17

  /// Copies `bytes` to memory from malloc, which reuses the same pages.
  private init<Element: TensorElement>(
    reusing _: Element.Type, _ sizes: [Int], _ bytes: UnsafeRawBufferPointer
  ) throws(InfoldError) {
    guard let allocated = aligned_alloc(64, (bytes.count + 63) / 64 * 64) else {
      throw InfoldError(.limitExceeded, "a tensor of \(bytes.count) bytes does not fit into memory")
    }
    nonisolated(unsafe) let memory = allocated
    memory.copyMemory(from: bytes.baseAddress!, byteCount: bytes.count)
    let elements = UnsafeRawBufferPointer(start: memory, count: bytes.count).assumingMemoryBound(to: Element.self)
    do throws(InfoldError) {
      try self.init(unsafeNoCopy: elements, shape: sizes, deallocator: { free(memory) })
    } catch {
      free(memory)
      throw error
    }
  }

  /// Creates a tensor from an array in row-major order.
  /// - Parameters:
  ///   - elements: The elements.
  ///   - shape: The sizes, outermost first.
  ///   - name: The name of the input, for errors.
  /// - Throws: The errors of `init(bytes:datatype:shape:input:)`.
  package init<Element: TensorElement>(
    elements: [Element], shape: [Int64], input name: String
  ) throws(ServingError) {
    let sizes = try Self.sizes(shape, input: name)
    guard Self.count(sizes) == elements.count else {
      throw ServingError(
        .invalidArgument,
        "input '\(name.printable)' has \(elements.count) elements, but its shape \(shape.brief) needs "
          + (Self.count(sizes).map(String.init) ?? "more"))
    }
    self = try serving { () throws(InfoldError) in try Tensor(shape: sizes, elements) }
  }

  /// Calls `body` with the elements in the protocols' format: row-major, little-endian, without
  /// padding.
  package func withBytes<Result>(_ body: (UnsafeRawBufferPointer) -> Result) throws(ServingError) -> Result {
    guard let type = elementType.swiftType else {
      throw ServingError(.internal, "tensors of \(elementType) cannot be sent")
    }
    func passed<Element: TensorElement>(_: Element.Type) throws(InfoldError) -> Result {
      try withSpan(as: Element.self) { span in span.withUnsafeBytes(body) }
    }
    return try serving { () throws(InfoldError) in try passed(type) }
  }

  private static func sizes(_ shape: [Int64], input name: String) throws(ServingError) -> [Int] {
    guard shape.allSatisfy({ $0 >= 0 }) else {
      throw ServingError(
        .invalidArgument, "the shape \(shape.brief) of input '\(name.printable)' has a negative size")
    }
    return shape.map { Int($0) }
  }

  /// The product of sizes, or `nil` if eight times the product overflows `Int`.
  private static func count(_ sizes: [Int]) -> Int? {
    if sizes.contains(0) { return 0 }
    var count = 1
    for size in sizes {
      let (product, overflow) = count.multipliedReportingOverflow(by: size)
      if overflow || product > Int.max / 8 { return nil }
      count = product
    }
    return count
  }
}

extension [Int64] {
  /// A shape for messages, truncated to 16 sizes.
  fileprivate var brief: String {
    count <= 16 ? "\(self)" : "[" + prefix(16).map { "\($0), " }.joined() + "…]"
  }
}
