import FoundationEssentials
import InfoldSystem
import InfoldTensor

/// A tensor in a line: the path of a file, an object with `file`, an object with `shape` and
/// `data`, or nested lists of numbers whose lengths are the shape.
struct InlineTensor {
  private enum Source {
    case file(String)
    case tensor(Tensor)
  }

  private let source: Source

  private static let keys = ["type", "shape", "data", "file"]
  /// More dimensions than any model uses, and few enough for the stack of a thread.
  private static let largestRank = 64

  /// The tensor in a file.
  init(file path: String) {
    source = .file(path)
  }

  /// Reads the tensor if the line gives a file.
  /// - Throws: `InfoldError` with the path of the file.
  func tensor() throws(InfoldError) -> Tensor {
    switch source {
    case .file(let path): try Self.read(path)
    case .tensor(let tensor): tensor
    }
  }

  /// Reads the tensor file that a line names. It cannot be standard input.
  static func read(_ path: String) throws(InfoldError) -> Tensor {
    guard path != StandardInput.argument else {
      throw InfoldError(
        .invalidArgument, "- is standard input, which contains the lines", hint: "pass the path of a file")
    }
    return try readTensor(path)
  }

  /// Decodes the tensor for an input of this element type.
  init(from decoder: any Decoder, as type: ElementType) throws {
    if let path = try? decoder.singleValueContainer().decode(String.self), !Self.namesNumber(path, type) {
      source = .file(path)
      return
    }
    guard let container = try? decoder.container(keyedBy: JSONKey.self) else {
      source = .tensor(try Self.tensor(from: decoder, as: type, shape: nil))
      return
    }
    try container.requireKeys(Self.keys)
    if let name = try container.decodeIfPresent(String.self, forKey: JSONKey("type")), name != "\(type)" {
      throw InfoldError(
        .invalidArgument, "\(Self.place(decoder)) is \(String(quoting: name)), but the model expects \(type)")
    }
    let file = try container.decodeIfPresent(String.self, forKey: JSONKey("file"))
    let shape = try container.decodeIfPresent([Int].self, forKey: JSONKey("shape"))
    let hasData = container.contains(JSONKey("data"))
    switch (file, shape, hasData) {
    case (let file?, _, false): source = .file(file)
    case (nil, let shape?, true):
      source = .tensor(try Self.tensor(from: container.superDecoder(forKey: JSONKey("data")), as: type, shape: shape))
    default:
      throw InfoldError(
        .invalidArgument, "\(Self.place(decoder)) must have either \"shape\" and \"data\", or \"file\"")
    }
  }

  /// Whether a string represents a number that JSON cannot express.
  private static func namesNumber(_ text: String, _ type: ElementType) -> Bool {
    type.isFloatingPoint && ["NaN", "Infinity", "-Infinity"].contains(text)
  }

  private static func place(_ decoder: any Decoder) -> String {
    decoder.codingPath.map(\.stringValue).last.map { String(quoting: $0) } ?? "a tensor"
  }

  private static func tensor(from decoder: any Decoder, as type: ElementType, shape: [Int]?) throws -> Tensor {
    func elements<Element: TensorElement & Decodable>(of _: Element.Type) throws -> Tensor {
      var numbers = NestedNumbers<Element>()
      try numbers.read(decoder, largestRank: largestRank)
      return try Tensor(shape: shape ?? numbers.shape, numbers.elements)
    }
    return switch type {
    case .bool: try elements(of: Bool.self)
    case .float32: try elements(of: Float.self)
    case .float64: try elements(of: Double.self)
    // Decoded as double, so that the value is rounded twice.
    case .float16, .bfloat16: try elements(of: Double.self).converted(to: type)
    case .int8: try elements(of: Int8.self)
    case .int16: try elements(of: Int16.self)
    case .int32: try elements(of: Int32.self)
    case .int64: try elements(of: Int64.self)
    case .uint8: try elements(of: UInt8.self)
    case .uint16: try elements(of: UInt16.self)
    case .uint32: try elements(of: UInt32.self)
    case .uint64: try elements(of: UInt64.self)
    default:
      throw InfoldError(
        .unsupported, "\(place(decoder)) has \(type) elements, which JSON lines do not support", hint: "pass a .pb file"
      )
    }
  }
}

/// Numbers in nested lists. All lists at one depth have the same length.
private struct NestedNumbers<Element: TensorElement & Decodable> {
  private(set) var elements: [Element] = []
  /// The length at each depth, once a list at that depth has ended.
  private var lengths: [Int?] = []
  /// The number of dimensions, once the first number is found.
  private var rank: Int?

  var shape: [Int] { lengths.map { $0! } }

  mutating func read(_ decoder: any Decoder, largestRank: Int) throws {
    if var list = try? decoder.unkeyedContainer() {
      try read(&list, depth: 0, largestRank: largestRank)
    } else {
      let container = try decoder.singleValueContainer()
      elements.append(try number(at: decoder.codingPath) { try container.decode(Element.self) })
    }
  }

  private mutating func read(_ list: inout any UnkeyedDecodingContainer, depth: Int, largestRank: Int) throws {
    guard depth < largestRank else {
      throw DecodingError.dataCorruptedError(in: list, debugDescription: "has more than \(largestRank) dimensions")
    }
    if lengths.count == depth { lengths.append(nil) }
    var length = 0
    while !list.isAtEnd {
      if depth + 1 != rank, var inner = try? list.nestedUnkeyedContainer() {
        try read(&inner, depth: depth + 1, largestRank: largestRank)
      } else {
        let place = list.codingPath + [Index(intValue: length)]
        elements.append(try number(at: place) { try list.decode(Element.self) })
        guard depth + 1 == rank ?? lengths.count else { throw ragged(place) }
        rank = depth + 1
      }
      length += 1
    }
    guard length == lengths[depth] ?? length else { throw ragged(list.codingPath) }
    lengths[depth] = length
  }

  /// Calls `decode`. Its error about a number out of range has neither place nor reason, so both
  /// are added.
  private func number(at place: [any CodingKey], _ decode: () throws -> Element) throws -> Element {
    do {
      return try decode()
    } catch let error where !(error is DecodingError) {
      throw DecodingError.dataCorrupted(
        .init(codingPath: place, debugDescription: "is not a number, or not one of the type \(Element.elementType)"))
    }
  }

  private func ragged(_ place: [any CodingKey]) -> DecodingError {
    .dataCorrupted(.init(codingPath: place, debugDescription: "the lists at one depth have different lengths"))
  }

  /// An index in a list.
  private struct Index: CodingKey {
    let intValue: Int?
    var stringValue: String { "\(intValue!)" }

    init(intValue: Int) { self.intValue = intValue }
    init?(stringValue: String) { nil }
  }
}
