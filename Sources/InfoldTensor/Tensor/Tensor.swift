import InfoldSystem

/// An n-dimensional array of one element type, in row-major order.
///
/// Tensors are values: copies share their memory until one of them is modified. The memory is
/// aligned to 64 bytes, unless it belongs to the caller (`init(unsafeNoCopy:shape:deallocator:)`).
public struct Tensor: Sendable {
  /// The sizes of the dimensions, outermost first, each ≥ 0. Empty for a scalar.
  public let shape: [Int]
  /// The type of the elements.
  public let elementType: ElementType
  /// The number of elements: the product of `shape`, 1 for a scalar.
  public let count: Int

  private var storage: TensorStorage

  /// Creates a tensor of zeros (`false` for bool).
  /// - Parameters:
  ///   - shape: The sizes, each ≥ 0.
  ///   - elementType: Any type except `.string`.
  /// - Throws: `InfoldError` with `.invalidArgument` for a negative size, `.unsupported` for
  ///   strings, `.limitExceeded` if the number of bytes overflows or cannot be allocated.
  public init(zeros shape: [Int], of elementType: ElementType) throws(InfoldError) {
    let (count, byteCount) = try Self.extent(of: shape, elementType)
    self.shape = shape
    self.elementType = elementType
    self.count = count
    storage = try TensorStorage(byteCount: byteCount)
  }

  /// Creates a tensor whose elements already lie in `part` of `block`. The tensor becomes the only
  /// user of the part. The bytes of a bool must be 0 or 1.
  /// - Precondition: The part begins at a multiple of `alignment` and has exactly the bytes of the
  ///   shape.
  /// - Throws: The errors of `init(zeros:of:)`.
  package init(
    _ shape: [Int], of elementType: ElementType, adopting part: UnsafeMutableRawBufferPointer, of block: PageBlock
  ) throws(InfoldError) {
    let (count, byteCount) = try Self.extent(of: shape, elementType)
    precondition(byteCount == part.count && Int(bitPattern: part.baseAddress) % Self.alignment == 0)
    self.shape = shape
    self.elementType = elementType
    self.count = count
    storage = try TensorStorage(adopting: part, of: block)
  }

  /// Creates a tensor over elements in memory that the caller owns, without a copy. Modifying the
  /// tensor modifies a copy.
  ///
  /// The caller must keep the memory valid and unmodified until `deallocator` is called.
  /// - Parameters:
  ///   - elements: The elements in row-major order.
  ///   - shape: The sizes, each ≥ 0.
  ///   - deallocator: Called once, on any thread, when no tensor and no run reads the memory any
  ///     longer. It is not called if this initializer throws.
  /// - Throws: `InfoldError` with `.invalidArgument` if a size is negative, `elements.count` is not
  ///   the product of `shape`, or the memory is not aligned for its elements; `.limitExceeded` if
  ///   the number of bytes overflows.
  public init<Element: TensorElement>(
    unsafeNoCopy elements: UnsafeBufferPointer<Element>, shape: [Int], deallocator: @escaping @Sendable () -> Void
  ) throws(InfoldError) {
    let (count, _) = try Self.extent(of: shape, Element.elementType)
    guard elements.count == count else { throw .wrongCount(elements.count, shape, count) }
    guard Int(bitPattern: elements.baseAddress) % MemoryLayout<Element>.alignment == 0 else {
      throw InfoldError(
        .invalidArgument,
        "the memory of a tensor of \(Element.elementType) is not aligned to \(MemoryLayout<Element>.alignment) bytes"
      )
    }
    self.shape = shape
    self.elementType = Element.elementType
    self.count = count
    if count > 0 {
      storage = TensorStorage(borrowing: UnsafeRawBufferPointer(elements), deallocator)
    } else {
      // Without elements, the address may be nil.
      storage = try TensorStorage(byteCount: 0)
      deallocator()
    }
  }

  /// The alignment of the first element in bytes, except for memory that the caller owns.
  package static var alignment: Int { TensorStorage.alignment }

  private init(shape: [Int], elementType: ElementType, count: Int, storage: TensorStorage) {
    self.shape = shape
    self.elementType = elementType
    self.count = count
    self.storage = storage
  }

  /// Returns the checked number of elements and bytes of a tensor.
  package static func extent(
    of shape: [Int], _ elementType: ElementType
  ) throws(InfoldError) -> (count: Int, byteCount: Int) {
    guard shape.allSatisfy({ $0 >= 0 }) else {
      throw InfoldError(.invalidArgument, "the shape \(shape) has a negative size")
    }
    guard elementType.bitWidth != nil else {
      throw InfoldError(.unsupported, "tensors of \(elementType) elements are not supported")
    }
    // Code multiplies the other sizes of an empty tensor as well, so their product must not
    // overflow.
    guard let count = checkedProduct(shape), let byteCount = elementType.byteCount(of: count),
      checkedProduct(shape.lazy.filter { $0 > 0 }) != nil
    else {
      throw InfoldError(.limitExceeded, "a tensor of shape \(shape) and type \(elementType) is too large")
    }
    return (count, byteCount)
  }
}

extension Tensor {
  /// Creates a tensor with the given elements in row-major order.
  /// - Throws: `InfoldError` with `.invalidArgument` if `elements.count` is not the product of
  ///   `shape`.
  public init<Element: TensorElement>(shape: [Int], _ elements: [Element]) throws(InfoldError) {
    try self.init(zeros: shape, of: Element.elementType)
    guard elements.count == count else { throw .wrongCount(elements.count, shape, count) }
    elements.withUnsafeBytes { storage.bytes.copyMemory(from: $0) }
  }

  /// Creates a scalar tensor.
  public init<Element: TensorElement>(scalar element: Element) throws(InfoldError) {
    try self.init(shape: [], [element])
  }

  /// Creates a tensor with every element equal to `element`.
  public init<Element: TensorElement>(repeating element: Element, shape: [Int]) throws(InfoldError) {
    try self.init(zeros: shape, of: Element.elementType)
    guard element != Element.zeroElement else { return }
    storage.bytes.bindMemory(to: Element.self).update(repeating: element)
  }

  /// Commits the memory of a new tensor whose elements are all about to be written.
  package func populate() { storage.populate() }

  /// An identifier that tensors have in common if and only if they share their elements, as long as
  /// none of them is modified.
  package var storageID: UInt64 { storage.id }

  /// The block that the elements are part of, if they share one with other tensors.
  package var pageBlock: PageBlock? { storage.block }

  /// Returns whether no other tensor shares the elements and they may be written.
  package mutating func isUniquelyReferenced() -> Bool {
    isKnownUniquelyReferenced(&storage) && !storage.isBorrowed
  }

  /// Stops counting the tensor in the memory budget under which it was allocated, because the
  /// caller owns it now.
  package func leaveBudget() { storage.leaveBudget() }

  /// The size of the elements in bytes.
  public var byteCount: Int { storage.bytes.count }

  /// Returns the same elements with another shape, without a copy.
  /// - Throws: `InfoldError` with `.invalidArgument` if the number of elements differs.
  public func reshaped(to shape: [Int]) throws(InfoldError) -> Tensor {
    let (count, _) = try Self.extent(of: shape, elementType)
    guard count == self.count else {
      throw InfoldError(
        .invalidArgument,
        "a tensor of shape \(self.shape) (\(counted(self.count, "element"))) cannot be reshaped to \(shape)")
    }
    return Tensor(shape: shape, elementType: elementType, count: count, storage: storage)
  }
}

extension Tensor {
  /// Calls `body` with the elements, in row-major order.
  /// - Throws: `InfoldError` with `.invalidArgument` if the tensor's elements are of another type,
  ///   and the errors of `body`.
  public func withSpan<Element: TensorElement, Result>(
    as type: Element.Type = Element.self, _ body: (Span<Element>) throws(InfoldError) -> Result
  ) throws(InfoldError) -> Result {
    try require(type)
    return try withElements(as: type, body)
  }

  /// Calls `body` with the elements for writing, in row-major order. The elements are copied first
  /// if another tensor shares them.
  /// - Throws: `InfoldError` with `.invalidArgument` if the tensor's elements are of another type,
  ///   and with `.limitExceeded` if the copy does not fit into memory; the errors of `body`.
  public mutating func withMutableSpan<Element: TensorElement, Result>(
    as type: Element.Type = Element.self, _ body: (inout MutableSpan<Element>) throws(InfoldError) -> Result
  ) throws(InfoldError) -> Result {
    try require(type)
    try makeUnique()
    defer { withExtendedLifetime(storage) {} }
    var span = storage.bytes.bindMemory(to: Element.self).mutableSpan
    return try body(&span)
  }

  /// Calls `body` with the elements, in row-major order. A variant of `withSpan(as:_:)` for code
  /// that knows the type.
  /// - Precondition: `Element` is the Swift type of `elementType`.
  @usableFromInline
  package func withElements<Element: TensorElement, Result, Failure: Error>(
    as _: Element.Type = Element.self, _ body: (Span<Element>) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    precondition(Element.elementType == elementType, "a tensor of \(elementType) was read as \(Element.self)")
    defer { withExtendedLifetime(storage) {} }
    return try body(UnsafeBufferPointer(storage.bytes.bindMemory(to: Element.self)).span)
  }

  /// Checks that the elements are of type `Element`.
  /// - Throws: `InfoldError` with `.invalidArgument` if they are of another type.
  func require<Element: TensorElement>(_: Element.Type) throws(InfoldError) {
    guard Element.elementType == elementType else {
      throw InfoldError(.invalidArgument, "a tensor of \(elementType) was used as one of \(Element.elementType)")
    }
  }

  /// Returns the elements as an array, in row-major order.
  /// - Throws: `InfoldError` with `.invalidArgument` if the tensor's elements are of another type,
  ///   `.limitExceeded` if the current memory limit leaves no room for them.
  public func elements<Element: TensorElement>(as type: Element.Type = Element.self) throws(InfoldError) -> [Element] {
    try require(type)
    try MemoryBudget.current?.require(byteCount)
    return Array(storage.bytes.bindMemory(to: Element.self))
  }

  /// Calls `body` with the raw bytes.
  package func withUnsafeBytes<Result, Failure: Error>(
    _ body: (UnsafeRawBufferPointer) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    defer { withExtendedLifetime(storage) {} }
    return try body(UnsafeRawBufferPointer(storage.bytes))
  }

  /// Calls `body` with the raw bytes for writing. The bytes of a bool must be 0 or 1 when `body`
  /// returns.
  /// - Throws: The errors of `withMutableSpan`.
  package mutating func withUnsafeMutableBytes<Result>(
    _ body: (UnsafeMutableRawBufferPointer) throws(InfoldError) -> Result
  ) throws(InfoldError) -> Result {
    try makeUnique()
    defer { withExtendedLifetime(storage) {} }
    return try body(storage.bytes)
  }

  private mutating func makeUnique() throws(InfoldError) {
    guard !isUniquelyReferenced() else { return }
    let copy = try TensorStorage(byteCount: storage.bytes.count)
    copy.bytes.copyMemory(from: UnsafeRawBufferPointer(storage.bytes))
    storage = copy
  }
}

extension Tensor: Equatable {
  /// Returns whether shape, element type and all bits of all elements are equal. NaN equals itself,
  /// and 0 differs from −0.
  public static func == (a: Tensor, b: Tensor) -> Bool {
    guard a.shape == b.shape, a.elementType == b.elementType else { return false }
    return a.storage === b.storage || a.storage.bytes.elementsEqual(b.storage.bytes)
  }
}

extension Tensor: CustomStringConvertible, CustomReflectable {
  public var description: String { "\(elementType) \(shape)" }
  /// Shows only the type and the shape, because there may be millions of elements.
  public var customMirror: Mirror { Mirror(self, children: ["elementType": elementType, "shape": shape]) }
}

extension InfoldError {
  fileprivate static func wrongCount(_ given: Int, _ shape: [Int], _ count: Int) -> InfoldError {
    InfoldError(
      .invalidArgument,
      "shape mismatch: \(counted(given, "element")) for the shape \(shape), which has \(count)")
  }
}
