import FoundationEssentials
import InfoldImage
import InfoldSystem

/// A line of `infold classify --lines`.
struct ClassifyLine {
  /// The identifier that the line gives, repeated in the answer.
  private(set) var identifier: LineIdentifier?
  /// The path of the picture, or `nil` if the line contains its bytes.
  private(set) var path: String?
  private var bytes: Data?
  /// The number of classes requested.
  private(set) var top: Int?

  init(_ line: InputLine) throws(InfoldError) {
    switch try LineContent(line) {
    case .path(let path): self.path = path
    case .object(let bytes): self = try decodeLine(Self.self, bytes)
    }
  }

  /// Reads the picture.
  /// - Throws: `InfoldError`, with the path if the line gives one.
  func picture() throws(InfoldError) -> Picture {
    if let path { return try Picture(path: path) }
    return try Picture(bytes: Array(bytes ?? Data()))
  }
}

extension ClassifyLine: Decodable {
  private static let keys = ["id", "image", "bytes", "top"]

  init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: JSONKey.self)
    try container.requireKeys(Self.keys)
    identifier = try container.decodeIfPresent(LineIdentifier.self, forKey: JSONKey("id"))
    path = try container.decodeIfPresent(String.self, forKey: JSONKey("image"))
    bytes = try container.decodeIfPresent(Data.self, forKey: JSONKey("bytes"))
    top = try container.decodeIfPresent(Int.self, forKey: JSONKey("top"))
    guard (path == nil) != (bytes == nil) else {
      throw InfoldError(
        .invalidArgument, "the line must have either \"image\", a path, or \"bytes\", the picture's bytes in base64")
    }
    if let top, top < 1 { throw InfoldError(.invalidArgument, "\"top\" is \(top), but must be at least 1") }
  }
}

extension ImageClassifier {
  /// Classifies the picture of a line.
  func answer(_ input: InputLine, top: Int, memory: MemoryBudget) -> LineAnswer {
    var answer = JSONLine()
    var path: String?
    do throws(InfoldError) {
      let line = try ClassifyLine(input)
      path = line.path
      if let identifier = line.identifier { answer.add("id", identifier) }
      if let path = line.path { answer.add("image", path) }
      let candidates = try memory.charging { () throws(InfoldError) in
        try classify(line.picture(), top: line.top ?? top)
      }
      answer.add(
        "top",
        candidates.map { candidate in
          var object = JSONLine()
          object.add("index", candidate.index)
          object.add("label", candidate.label)
          object.add("score", candidate.probability)
          return object
        })
      return LineAnswer(bytes: answer.line, isError: false)
    } catch {
      return LineAnswer(answer, error.file == path ? error.withoutFile : error, line: input.number)
    }
  }
}

extension LineAnswer {
  /// Appends an error to the members that `answer` has already.
  init(_ answer: JSONLine, _ error: InfoldError, line: Int) {
    var answer = answer
    answer.add("error", error.description)
    answer.add("code", error.code.rawValue)
    answer.add("line", line)
    self.init(bytes: answer.line, isError: true)
  }
}
