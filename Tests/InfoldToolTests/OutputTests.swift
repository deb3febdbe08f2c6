import InfoldSystem
import InfoldTool
import Testing

@Suite struct OutputTests {
  @Test func formatsNumbers() {
    #expect(NumberText.percentage(0.3851) == "38.5 %")
    #expect(NumberText.percentage(1) == "100.0 %")
    #expect(
      [0, 12, 999, 1000, 12345, 123456, 1_234_567, -1234].map(NumberText.grouped) == [
        "0", "12", "999", "1,000", "12,345", "123,456", "1,234,567", "-1,234",
      ])
    #expect(NumberText.grouped(.min) == "-9,223,372,036,854,775,808")
    #expect(NumberText.scaled(999, unit: "B") == "999 B")
    #expect(NumberText.scaled(18_776_104, unit: "B") == "18.8 MB")
    #expect(NumberText.scaled(.max, unit: "B") == "9.22 EB")
    #expect(NumberText.significant(6.02211e-06) == "6.02211e-06")
    #expect(NumberText.fixed(.greatestFiniteMagnitude, digits: 1).count == 311)
  }

  @Test func countsNouns() {
    #expect(NumberText.counted(1, "node") == "1 node")
    #expect(NumberText.counted(0, "node") == "0 nodes" && NumberText.counted(1024, "node") == "1,024 nodes")
    #expect(
      NumberText.counted(2, "box", plural: "boxes") == "2 boxes"
        && NumberText.counted(1, "box", plural: "boxes") == "1 box")
  }

  /// A column of names is narrowed before words are broken.
  @Test func breaksTablesAtWords() {
    var table = Table(("name", .left), ("types", .wrapped))
    table.add("a name that is rather long", "float16, bfloat16, quantization")
    #expect(
      table.text(width: 26) == """
          name        types
          a na… long  float16,
                      bfloat16,
                      quantization

        """)
    // If nothing else can be narrowed, words are broken.
    #expect(table.text(width: 20).split(separator: "\n").allSatisfy { String($0).displayWidth <= 20 })
  }

  @Test func drawsBars() {
    #expect(Bar.text(0.5, width: 4) == "██  ")
    #expect(Bar.text(0.3, width: 4) == "█▎  ")
    #expect(Bar.text(2, width: 2) == "██")
    #expect(Bar.text(.nan, width: 2) == "  ")
  }

  @Test func alignsTables() {
    var table = Table(("a", .left), ("b", .right))
    table.add("x", "1000")
    table.add("yyy", "")
    #expect(table.text == "  a       b\n  x    1000\n  yyy\n")
  }

  @Test func measuresText() {
    #expect("abc".displayWidth == 3)
    #expect("模型.onnx".displayWidth == 9)
    #expect("e\u{301}".displayWidth == 1)
    #expect("\u{1B}[31mred\u{1B}[0m".displayWidth == 3)
    #expect("blocks.0.0/conv".shortened(to: 9) == "bloc…conv")
    #expect("blocks".shortened(to: 6) == "blocks")
    #expect("blocks".shortened(to: 1) == "…" && "blocks".shortened(to: 0) == "")
    #expect("模型模型".shortened(to: 5) == "模…型")
    #expect("\u{1B}[31mred\u{1B}[0m".shortened(to: 2) == "\u{1B}[31mred\u{1B}[0m")
  }

  @Test func breaksLines() {
    #expect("one two three".wrapped(to: 13) == ["one two three"])
    #expect("one two three".wrapped(to: 8) == ["one two", "three"])
    #expect("one abcdefghij".wrapped(to: 4) == ["one", "abcd", "efgh", "ij"])
    #expect("a  b".wrapped(to: 3) == ["a ", "b"])
  }

  @Test func fitsTables() {
    var table = Table(("name", .left), ("versions", .wrapped), ("ms", .right), ("more", .right), dispensable: ["more"])
    table.add("a name that is rather long", "1, 2, 3", "1.25", "9999")
    let full = """
        name                        versions    ms  more
        a name that is rather long  1, 2, 3   1.25  9999

      """
    #expect(table.text(width: nil) == full && table.text(width: 50) == full)
    #expect(
      table.text(width: 48) == """
          name                      versions    ms  more
          a name that… rather long  1, 2, 3   1.25  9999

        """)
    #expect(
      table.text(width: 42) == """
          name                      versions    ms
          a name that… rather long  1, 2, 3   1.25

        """)
    #expect(
      table.text(width: 26) == """
          name      versions    ms
          a n…long  1, 2, 3   1.25

        """)
    // Numbers are never shortened.
    var numbers = Table(("", .right), ("", .right))
    numbers.add("1234567890", "1234567890")
    #expect(numbers.text(width: 10) == "  1234567890  1234567890\n")
  }
}
