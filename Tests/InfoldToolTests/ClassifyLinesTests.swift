import Foundation
import InfoldOperators
import TestSupport
import Testing

/// `infold classify --lines`.
@Suite struct ClassifyLinesTests {
  private let model = repositoryFile("Models/efficientnet-lite0.onnx")
  private let cat = repositoryFile("Models/images/cat.png")
  private let cup = repositoryFile("Models/images/cup.png")

  /// y = x for x [N, 3, 1, 1] with a sidecar: the classes are red, green and blue.
  private func colors(in folder: TemporaryFolder) throws -> String {
    try folder.write(
      "colors.json", Array(#"{"normalization": "none", "labels": "names.txt", "scores": "logits"}"#.utf8))
    try folder.write("names.txt", Array("red\ngreen\nblue\n".utf8))
    let dims = [Onnx.dim("N")] + [3, 1, 1].map(Onnx.dim)
    return try folder.write(
      "colors.onnx",
      Onnx.model(graph: [Onnx.input("x", dims), Onnx.output("y", dims), Onnx.node("Relu", ["x"], ["y"])]))
  }

  /// A BMP picture of one pixel.
  private func pixel(red: UInt8, green: UInt8, blue: UInt8) -> [UInt8] {
    let header: [UInt32] = [58, 0, 54, 40, 1, 1, 1 | 24 << 16, 0, 4, 0, 0, 0, 0]
    return Array("BM".utf8) + header.flatMap { number in (0..<4).map { UInt8(truncatingIfNeeded: number >> (8 * $0)) } }
      + [blue, green, red, 0]
  }

  private func answers(_ result: ToolResult) throws -> [[String: Any]] {
    #expect(result.output.isEmpty || result.output.hasSuffix("\n"))
    return try result.output.split(separator: "\n").map { line in
      try #require(try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any])
    }
  }

  private func label(_ answer: [String: Any]) -> String? {
    (answer["top"] as? [[String: Any]])?.first?["label"] as? String
  }

  /// The results of `--json` for each picture.
  @Test func saysTheSameAsForArguments() throws {
    let arguments: [[String: Any]] = try infold("classify", model, cat, cup, "--json", "--top", "3").json()
    for options in [[], ["--at-once", "1"], ["--at-once", "7", "--threads", "2"]] {
      let result = try infold(["classify", model, "--lines", "--top", "3"] + options, input: "\(cat)\r\n\(cup)")
      #expect(result.status == 0 && result.error == "", "\(result.error)")
      #expect(try answers(result) as NSArray == arguments as NSArray)
    }
  }

  @Test func answersObjects() throws {
    let folder = try TemporaryFolder()
    let model = try colors(in: folder)
    let green = Data(pixel(red: 1, green: 200, blue: 9)).base64EncodedString()
    let result = try infold(
      ["classify", model, "--lines"],
      input: """
        {"id": "a/\\u00e9", "bytes": "\(green)", "top": 1}
        {"id": -7, "image": "\(cup)"}

        """)
    #expect(result.status == 0 && result.error == "", "\(result.error)")
    let answers = try answers(result)
    #expect(answers.count == 2)
    #expect(answers[0]["id"] as? String == "a/é" && answers[0]["image"] == nil && label(answers[0]) == "green")
    #expect((answers[0]["top"] as? [Any])?.count == 1 && (answers[1]["top"] as? [Any])?.count == 3)
    #expect(answers[1]["id"] as? Int == -7 && answers[1]["image"] as? String == cup)
  }

  @Test func answersErrorsInTheirPlaces() throws {
    let folder = try TemporaryFolder()
    let model = try colors(in: folder)
    let lines: [(line: String, code: String?, error: String)] = [
      (cup, nil, ""), ("/no/such.png", "fileAccess", "cannot be opened: no such file or directory"),
      ("", "invalidArgument", "the line is empty"),
      (repositoryFile("README.md"), "unsupported", "unsupported picture format"),
      (".", "fileAccess", "is a folder"), ("-", "fileAccess", "no such file"), ("a\u{0}b", "fileAccess", "NUL"),
      ("{", "malformedData", "is not JSON"), ("{}", "invalidArgument", "either \"image\", a path, or \"bytes\""),
      (String(repeating: "{\"image\":", count: 5000), "malformedData", "is not JSON"),
      ("{\"image\": \"\(cup)\"} x", "malformedData", "is not JSON"),
      ("{\"image\": 7}", "malformedData", "image: is not a string"),
      ("{\"imgae\": \"a\"}", "malformedData", "unknown key \"imgae\""),
      ("{\"image\": \"\(cup)\", \"bytes\": \"\"}", "invalidArgument", "either"),
      ("{\"image\": \"\(cup)\", \"top\": 0}", "invalidArgument", "\"top\" is 0"),
      ("{\"image\": \"\(cup)\", \"id\": [1]}", "malformedData", "id: must be a string or an integer"),
      ("{\"bytes\": \"!\"}", "malformedData", "bytes: "),
      ("{\"bytes\": \"\"}", "malformedData", "the picture is empty"),
      (String(repeating: "x", count: 3000), "fileAccess", "name too long"),
      (String(repeating: "x", count: 1 << 17), "limitExceeded", "--line-limit"),
      (cup, nil, ""),
    ]
    let result = try infold(
      ["classify", model, "--lines", "--line-limit", "100K", "--at-once", "3"],
      input: lines.map { $0.line + "\n" }.joined())
    #expect(result.status == 0)
    #expect(result.error == "infold: \(lines.count - 2) of \(lines.count) lines were answered with an error\n")
    let answers = try answers(result)
    #expect(answers.count == lines.count)
    for (number, (answer, line)) in zip(answers, lines).enumerated() {
      #expect(answer["code"] as? String == line.code, "\(number): \(answer)")
      #expect(line.error.isEmpty || (answer["error"] as? String)?.contains(line.error) == true, "\(number): \(answer)")
      #expect(answer["line"] as? Int == (line.code == nil ? nil : number + 1))
      #expect((label(answer) != nil) == (line.code == nil))
    }
    #expect(answers[1]["image"] as? String == "/no/such.png")
  }

  /// In order, however long each takes, and without duplicates.
  @Test func keepsTheOrder() throws {
    let folder = try TemporaryFolder()
    let model = try colors(in: folder)
    for (name, color) in [("red", [9, 0, 0]), ("green", [0, 9, 0]), ("blue", [0, 0, 9])] as [(String, [UInt8])] {
      try folder.write(name + ".bmp", pixel(red: color[0], green: color[1], blue: color[2]))
    }
    let names = (0..<700).map { ["red", "green", "blue", "large"][$0 * $0 % 7 % 4] }
    let input = names.map { ($0 == "large" ? cat : folder.path($0 + ".bmp")) + "\n" }.joined()
    let result = try infold(["classify", model, "--lines", "--at-once", "5"], input: input)
    #expect(result.status == 0, "\(result.error)")
    let answers = try answers(result)
    #expect(answers.count == names.count)
    #expect(zip(answers, names).allSatisfy { $1 == "large" || label($0) == $1 })
  }

  /// Each line is answered without waiting for the next.
  @Test func answersAsItGoes() throws {
    let folder = try TemporaryFolder()
    let script = """
      coproc job { '\(toolPath)' classify '\(try colors(in: folder))' --lines; }
      for i in 1 2 3; do echo '\(cup)' >&${job[1]}; read -r -t 100 answer <&${job[0]} || exit 9; echo "$answer"; done
      """
    let result = try run("/bin/bash", ["-c", script])
    #expect(result.status == 0)
    #expect(try answers(result).count == 3)
  }

  @Test func endsWithItsReader() throws {
    let folder = try TemporaryFolder()
    let script = "yes '\(cup)' | timeout 100 '\(toolPath)' classify '\(try colors(in: folder))' --lines | head -2"
    let result = try run("/bin/bash", ["-c", script])
    #expect(result.status == 0)
    #expect(try answers(result).count == 2)
    let full = try run(
      "/bin/bash",
      ["-c", "yes '\(cup)' | timeout 100 '\(toolPath)' classify '\(try colors(in: folder))' --lines > /dev/full"])
    #expect(full.status == 2)
    #expect(full.error.contains("infold: the output cannot be written: no space left on device"))
  }

  @Test func answersNothingToNothing() throws {
    let folder = try TemporaryFolder()
    let result = try infold(["classify", colors(in: folder), "--lines"], input: "")
    #expect(result.status == 0 && result.output == "" && result.error == "")
  }

  @Test func refusesWhatHasNoMeaning() throws {
    try expectRefusal(["classify", model, cat, "--lines"], "--lines and pictures as arguments cannot be combined")
    try expectRefusal(["classify", model, "--lines", "--json"], "--lines and --json cannot be combined")
    try expectRefusal(["classify", model, cat, "--at-once", "2"], "--at-once needs --lines")
    try expectRefusal(["classify", model, cat, "--line-limit", "2"], "--line-limit needs --lines")
    try expectRefusal(["classify", model, "--lines", "--at-once", "0"], "must be 1 to 1024")
    try expectRefusal(["classify", "-", "--lines"], "standard input contains the lines")
    let folder = try TemporaryFolder()
    let path = try colors(in: folder)
    try folder.write("names.txt", Array("red\n".utf8))
    let result = try infold(["classify", path, "--lines"], input: cup + "\n")
    #expect(result.status == 2 && result.output == "" && result.error.contains("1 class name"), "\(result)")
  }
}
