import FoundationEssentials
import InfoldImage
import TextReading

/// A page as SVG with the boxes of its lines, and a dot at the beginning of each line.
func overlay(_ lines: [TextReader.Line], on page: Picture, file: Data) -> String {
  let type = file.first == 0x89 ? "png" : "jpeg"
  let boxes = lines.map { line in
    let corners = line.box.corners.map { "\(Int($0.x)),\(Int($0.y))" }
    let start = line.box.corners[0]
    return """
        <polygon points="\(corners.joined(separator: " "))"><title>\(escaped(line.text))</title></polygon>
        <circle cx="\(Int(start.x))" cy="\(Int(start.y))" r="5"/>
      """
  }
  return """
    <svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 \(page.width) \(page.height)">
      <style>polygon { fill: #08f2; stroke: #06c; stroke-width: 2 } circle { fill: #c30 }</style>
      <image width="\(page.width)" height="\(page.height)" href="data:image/\(type);base64,\(file.base64EncodedString())"/>
    \(boxes.joined(separator: "\n"))
    </svg>

    """
}

private func escaped(_ text: String) -> String {
  text.map { ["&": "&amp;", "<": "&lt;", ">": "&gt;"][$0] ?? String($0) }.joined()
}
