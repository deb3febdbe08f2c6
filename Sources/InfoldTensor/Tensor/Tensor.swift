import InfoldSystem

/// An n-dimensional array of one element type, in row-major order.
///
/// A value: copies share their memory until one of them is changed. The memory is aligned to 64 bytes, but for that of a caller
/// (`init(unsafeNoCopy:shape:deallocator:)`).
public struct Tensor: Sendable {
  /// The sizes of the dimensions, outermost first, each ≥ 0. Empty for a scalar.
  public let shape: [Int]
  /// The type of the elements.
  public let elementType: ElementType
  /// The number of elements: the product of `shape`, 1 for a scalar.
  public let count: Int

  private var storage: TensorStorage

  /// A tensor of zeros (`false` for bool).
  /// - Parameters:
  ///   - shape: Sizes, each ≥ 0.
  ///   - elementType: Any type but `.string`.
  /// - Throws: `InfoldError` with `.invalidArgument` for a negative size or a string type, `.limitExceeded` when the
  ///   number of bytes overflows or cannot be had.
  public init(zeros shape: [Int], of elementType: ElementType) throws(InfoldError) {
    let (count, byteCount) = try Self.extent(of: shape, elementType)
    self.shape = shape
    self.elementType = elementType
    self.count = count
    storage = try TensorStorage(byteCount: byteCount)
  }

  /// A tensor whose elements lie in `part` of `block` already, which nobody else uses from now on. A bool's byte must be 0 or 1.
  /// - Precondition: The part begins at a multiple of `alignment`, and has the bytes of the shape.
  /// - Throws: As `init(zeros:of:)`.
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

  /// A tensor over elements that lie in memory of the caller's, without a copy. Whoever changes the tensor changes a copy.
  ///
  /// The caller promises that nobody writes the memory, and that it stays where it is, until `deallocator` is called.
  /// - Parameters:
  ///   - elements: The elements in row-major order.
  ///   - shape: Sizes, each ≥ 0.
  ///   - deallocator: Called once, on any thread, when no tensor and no run reads the memory any more. It is not called when this throws.
  /// - Throws: `InfoldError` with `.invalidArgument` for a negative size, when `elements.count` is not the product of `shape`, or when
  ///   the memory is not aligned for its elements; `.limitExceeded` when the number of bytes overflows.
  public init<Element: TensorElement>(
    unsafeNoCopy elements: UnsafeBufferPointer<Element>, shape: [Int], deallocator: @escaping @Sendable () -> Void
  ) throws(InfoldError) {
    let (count, _) = try Self.extent(of: shape, Element.elementType)
    guard elements.count == count else { throw .wrongCount(elements.count, shape, count) }
    guard Int(bitPattern: elements.baseAddress) % MemoryLayout<Element>.alignment == 0 else {
      throw InfoldError(
        .invalidArgument,
        "the memory of a tensor of \(Element.elementType) begins at an address that is no multiple of \(MemoryLayout<Element>.alignment)"
      )
    }
    self.shape = shape
    self.elementType = Element.elementType
    self.count = count
    if count > 0 {
      storage = TensorStorage(borrowing: UnsafeRawBufferPointer(elements), deallocator)
    } else {
      // Without elements there may be no address.
      storage = try TensorStorage(byteCount: 0)
      deallocator()
    }
  }

  /// What the address of the first element is a multiple of, where the memory is not a caller's.
  package static var alignment: Int { TensorStorage.alignment }

  private init(shape: [Int], elementType: ElementType, count: Int, storage: TensorStorage) {
    self.shape = shape
    self.elementType = elementType
    self.count = count
    self.storage = storage
  }

  /// The elements and bytes of a tensor, both checked.
  package static func extent(
    of shape: [Int], _ elementType: ElementType
  ) throws(InfoldError) -> (count: Int, byteCount: Int) {
    guard shape.allSatisfy({ $0 >= 0 }) else {
      throw InfoldError(.invalidArgument, "the shape \(shape) has a negative size")
    }
    guard elementType.bitWidth != nil else {
      throw InfoldError(.unsupported, "tensors of \(elementType) elements are not supported")
    }
    // The other sizes of an empty tensor are multiplied with each other, too: their products must not overflow.
    guard let count = checkedProduct(shape), let byteCount = elementType.byteCount(of: count),
      checkedProduct(shape.lazy.filter { $0 > 0 }) != nil
    else {
      throw InfoldError(.limitExceeded, "a tensor of shape \(shape) and type \(elementType) is too large")
    }
    return (count, byteCount)
  }
}

extension Tensor {
  /// A tensor with the given elements in row-major order.
  /// - Throws: `InfoldError` with `.invalidArgument` when `elements.count` is not the product of `shape`.
  public init<Element: TensorElement>(shape: [Int], _ elements: [Element]) throws(InfoldError) {
    try self.init(zeros: shape, of: Element.elementType)
    guard elements.count == count else { throw .wrongCount(elements.count, shape, count) }
    elements.withUnsafeBytes { storage.bytes.copyMemory(from: $0) }
  }

  /// A tensor without dimensions that holds one element.
  public init<Element: TensorElement>(scalar element: Element) throws(InfoldError) {
    try self.init(shape: [], [element])
  }

  /// A tensor with every element equal to `element`.
  public init<Element: TensorElement>(repeating element: Element, shape: [Int]) throws(InfoldError) {
    try self.init(zeros: shape, of: Element.elementType)
    guard element != Element.zeroElement else { return }
    storage.bytes.bindMemory(to: Element.self).update(repeating: element)
  }

  /// Prepares the memory of a new tensor, all elements of which are about to be written.
  package func populate() { storage.populate() }

  /// The same for tensors that share their elements, and never for others, while none of them is changed.
  package var storageID: UInt64 { storage.id }

  /// What the elements are part of, where they lie in a block with those of other tensors.
  package var pageBlock: PageBlock? { storage.block }

  /// Whether no other tensor shares the elements, and they may be written.
  package mutating func isUniquelyReferenced() -> Bool {
    isKnownUniquelyReferenced(&storage) && !storage.isBorrowed
  }

  /// Counts no longer in the memory budget under which it was made: it is handed to the caller.
  package func leaveBudget() { storage.leaveBudget() }

  /// The bytes that the elements take.
  public var byteCount: Int { storage.bytes.count }

  /// The same elements under another shape, without a copy.
  /// - Throws: `InfoldError` with `.invalidArgument` when the number of elements differs.
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
  /// - Throws: `InfoldError` with `.invalidArgument` when the tensor's elements are of another type; what `body` throws.
  public func withSpan<Element: TensorElement, Result>(
    as type: Element.Type = Element.self, _ body: (Span<Element>) throws(InfoldError) -> Result
  ) throws(InfoldError) -> Result {
    try require(type)
    return try withElements(as: type, body)
  }

  /// Calls `body` with the elements to be changed, in row-major order. Copies them first if another tensor shares them.
  /// - Throws: `InfoldError` with `.invalidArgument` when the tensor's elements are of another type, and with `.limitExceeded` when
  ///   there is no memory for the copy; what `body` throws.
  public mutating func withMutableSpan<Element: TensorElement, Result>(
    as type: Element.Type = Element.self, _ body: (inout MutableSpan<Element>) throws(InfoldError) -> Result
  ) throws(InfoldError) -> Result {
    try require(type)
    try makeUnique()
    defer { withExtendedLifetime(storage) {} }
    var span = storage.bytes.bindMemory(to: Element.self).mutableSpan
    return try body(&span)
  }

  /// Calls `body` with the elements, in row-major order: `withSpan(as:_:)` for code that knows the type.
  /// - Precondition: `Element` stands for `elementType`.
  @usableFromInline
  package func withElements<Element: TensorElement, Result, Failure: Error>(
    as _: Element.Type = Element.self, _ body: (Span<Element>) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    precondition(Element.elementType == elementType, "a tensor of \(elementType) was read as \(Element.self)")
    defer { withExtendedLifetime(storage) {} }
    return try body(UnsafeBufferPointer(storage.bytes.bindMemory(to: Element.self)).span)
  }

  /// - Throws: `InfoldError` with `.invalidArgument` when the elements are of another type.
  func require<Element: TensorElement>(_: Element.Type) throws(InfoldError) {
    guard Element.elementType == elementType else {
      throw InfoldError(.invalidArgument, "a tensor of \(elementType) was used as one of \(Element.elementType)")
    }
  }

  /// The elements as an array, in row-major order.
  /// - Throws: `InfoldError` with `.invalidArgument` when the tensor's elements are of another type, `.limitExceeded` when the
  ///   memory limit of what is being computed leaves no room for them.
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

  /// Calls `body` with the raw bytes to be changed. A bool's byte must be 0 or 1 when `body` returns.
  /// - Throws: As `withMutableSpan`.
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
  /// Whether shape, element type and every bit of every element are the same: NaN equals itself, 0 differs from −0.
  public static func == (a: Tensor, b: Tensor) -> Bool {
    guard a.shape == b.shape, a.elementType == b.elementType else { return false }
    return a.storage === b.storage || a.storage.bytes.elementsEqual(b.storage.bytes)
  }
}

extension Tensor: CustomStringConvertible, CustomReflectable {
  public var description: String { "\(elementType) \(shape)" }
  /// The type and the shape: elements may be many millions.
  public var customMirror: Mirror { Mirror(self, children: ["elementType": elementType, "shape": shape]) }
}

extension InfoldError {
  fileprivate static func wrongCount(_ given: Int, _ shape: [Int], _ count: Int) -> InfoldError {
    InfoldError(
      .invalidArgument,
      "\(counted(given, "element")) \(given == 1 ? "was" : "were") given for the shape \(shape), which has \(count)")
  }
}
