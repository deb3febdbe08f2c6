import InfoldSystem

/// The first lines of a page's HTML, which contain its topic and models.
struct PageHead {
  let topic: String
  let models: [String]

  private static let opening = """
    <!doctype html>
    <html lang="en">
    <head>
    <meta charset="utf-8">
    <meta name="generator" content="Infold">

    """
  private static let topicKey = "<meta name=\"infold-topic\" content=\""
  private static let modelKey = "<meta name=\"infold-model\" content=\""
  private static let closing = "\">"
  /// The most bytes to search. Pages have one or two models, with names of at most 255 bytes.
  static let limit = 1 << 13

  init(topic: String, models: [String]) {
    self.topic = topic
    self.models = models
  }

  /// The HTML lines.
  var start: String {
    func line(_ key: String, _ text: String) -> String {
      key + Markup.escaped(text).replacingScalars { $0 == "\n" ? " " : nil } + Self.closing + "\n"
    }
    return Self.opening + (topic.isEmpty ? "" : line(Self.topicKey, topic))
      + models.map { line(Self.modelKey, $0) }.joined()
  }

  /// Parses the first lines of a page. Returns `nil` for a file that Infold did not write, and for
  /// a page that others do not link to. Texts remain escaped.
  init?(parsing text: Substring) {
    guard text.hasPrefix(Self.opening) else { return nil }
    var topic: String?
    var models: [String] = []
    for line in text.dropFirst(Self.opening.count).split(separator: "\n") {
      if let value = Self.value(line, Self.topicKey) {
        topic = value
      } else if let value = Self.value(line, Self.modelKey) {
        models.append(value)
      } else {
        break
      }
    }
    guard let topic, !models.isEmpty else { return nil }
    self.init(topic: topic, models: models)
  }

  private static func value(_ line: Substring, _ key: String) -> String? {
    guard line.hasPrefix(key), line.hasSuffix(closing), line.count >= key.count + closing.count else { return nil }
    let value = line.dropFirst(key.count).dropLast(closing.count)
    return value.contains { "<>\"".contains($0) } ? nil : String(value)
  }
}

/// The links between pages of the same model in one folder.
///
/// When a page is written, it gets links to the other pages, and they get a link to it. Pages
/// recognize each other by their first lines. No other file is changed.
package enum PageLinks {
  static let start = "<!--pages-->"
  static let end = "<!--/pages-->"
  /// The largest size of a page. Larger pages are not changed.
  private static let byteLimit = 1 << 26
  /// The most files that are searched. A folder of reports has some dozens.
  private static let fileLimit = 1000

  /// A page in the folder.
  private struct Neighbor {
    let name: String
    let head: PageHead
  }

  /// Writes a page and links it with the pages of the same models in its folder. Pages that cannot
  /// be read or written remain unchanged.
  /// - Throws: `InfoldError` with `.fileAccess`, naming the file.
  package static func write(_ html: String, to path: String) throws(InfoldError) {
    let slash = path.utf8.lastIndex(of: UInt8(ascii: "/"))
    let folder = slash.map { String(path[...$0]) } ?? "./"
    let name = slash.map { String(path[path.utf8.index(after: $0)...]) } ?? path
    // A pipe or a device has no neighbors.
    let isFile = FileStatus(path).map { $0.kind == .regular } ?? true
    guard isFile, let head = PageHead(parsing: html.prefix(PageHead.limit)) else { return try store(html, path) }
    let page = Neighbor(name: name, head: head)
    // A neighbor may also show other models, and so have neighbors that this page does not have.
    let pages = [page] + pages(in: folder, except: name)
    func neighbors(of page: Neighbor) -> [Neighbor] {
      pages.filter { $0.name != page.name && !$0.head.isDisjoint(with: page.head) }
    }
    try store(linked(html, page, neighbors(of: page)), path)
    for neighbor in neighbors(of: page) {
      guard let old = try? RegularFile.text(ofFile: folder + neighbor.name, limit: byteLimit) else { continue }
      let new = linked(old, neighbor, neighbors(of: neighbor))
      if new != old { try? store(new, folder + neighbor.name) }
    }
  }

  private static func store(_ html: String, _ path: String) throws(InfoldError) {
    try writeReplacing(path) { (file) throws(InfoldError) in try file.write(Array(html.utf8)) }
  }

  /// The pages of Infold in a folder.
  private static func pages(in folder: String, except written: String) -> [Neighbor] {
    guard let entries = try? Folder.entries(folder) else { return [] }
    let names = entries.lazy.filter { !$0.isFolder && $0.name.hasSuffix(".html") && $0.name != written }.map(\.name)
      .sorted()
    return names.prefix(fileLimit).compactMap { name in
      guard FileStatus(folder + name)?.kind == .regular, let file = try? RegularFile(path: folder + name),
        let bytes = try? file.bytes(at: 0, count: min(file.size, PageHead.limit)),
        let head = PageHead(parsing: Substring(String(decoding: bytes, as: UTF8.self)))
      else { return nil }
      return Neighbor(name: name, head: head)
    }
  }

  /// Returns the page with links to the other pages, ordered by topic.
  private static func linked(_ html: String, _ page: Neighbor, _ others: [Neighbor]) -> String {
    let bytes = Array(html.utf8)
    guard let from = place(of: start, in: bytes[...]), let to = place(of: end, in: bytes[from...]) else { return html }
    let all = ([page] + others).sorted { ($0.head.topic, $0.name) < ($1.head.topic, $1.name) }
    let links = all.map { other in
      let isAlone = all.count { $0.head.topic == other.head.topic } == 1
      let text = other.head.topic + (isAlone ? "" : " <small>\(Markup.escaped(other.name))</small>")
      return other.name == page.name
        ? "<b aria-current=\"page\">\(text)</b>" : "<a href=\"\(address(other.name))\">\(text)</a>"
    }
    let navigation =
      others.isEmpty ? "" : "<nav aria-label=\"Pages of this model\">\(links.joined(separator: "\n"))</nav>"
    let head = bytes[..<(from + start.utf8.count)], rest = bytes[to...]
    return String(decoding: head, as: UTF8.self) + navigation + String(decoding: rest, as: UTF8.self)
  }

  /// The first index of a text in the bytes.
  private static func place(of text: String, in bytes: ArraySlice<UInt8>) -> Int? {
    let text = Array(text.utf8)
    return bytes.indices.first { bytes[$0] == text[0] && bytes[$0...].starts(with: text) }
  }

  /// A name as a relative URL. All characters except letters, digits and a few others are
  /// percent-encoded.
  private static func address(_ name: String) -> String {
    "./"
      + name.utf8.map { byte in
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
          UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"):
          String(UnicodeScalar(byte))
        default: "%" + (byte < 16 ? "0" : "") + String(byte, radix: 16, uppercase: true)
        }
      }.joined()
  }
}

extension PageHead {
  fileprivate func isDisjoint(with other: PageHead) -> Bool { Set(models).isDisjoint(with: other.models) }
}
