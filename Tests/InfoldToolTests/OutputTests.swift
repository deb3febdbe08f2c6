import Testing

import InfoldTool

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
}
