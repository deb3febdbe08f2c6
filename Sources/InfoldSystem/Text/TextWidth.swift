extension String {
  /// The width of the text in terminal cells: two for a wide East Asian character or an emoji, none
  /// for escape sequences.
  package var displayWidth: Int {
    var width = 0
    var isEscape = false
    for character in self {
      if isEscape {
        isEscape = character != "m"
      } else if character == "\u{1B}" {
        isEscape = true
      } else {
        width += character.displayWidth
      }
    }
    return width
  }

  /// Returns the text shortened to at most `width` cells. Its middle is replaced by `…`, because
  /// names differ at both ends. Text with escape sequences is returned unchanged.
  package func shortened(to width: Int) -> String {
    guard displayWidth > width, !utf8.contains(0x1B) else { return self }
    guard width > 1 else { return width == 1 ? "…" : "" }
    let characters = Array(self)
    var (head, tail) = (0, characters.count)
    var room = width - 1
    var takesTail = true
    while head < tail {
      let next = takesTail ? characters[tail - 1] : characters[head]
      guard next.displayWidth <= room else { break }
      room -= next.displayWidth
      if takesTail { tail -= 1 } else { head += 1 }
      takesTail.toggle()
    }
    return String(characters[..<head]) + "…" + String(characters[tail...])
  }
}

extension String {
  /// Returns the text as lines of at most `width` cells, broken between words. A longer word is
  /// broken anywhere.
  package func wrapped(to width: Int) -> [String] {
    guard displayWidth > width, width > 0 else { return [self] }
    var lines: [String] = []
    var line = ""
    for word in split(separator: " ", omittingEmptySubsequences: false).map(String.init) {
      if line.displayWidth + 1 + word.displayWidth <= width, !line.isEmpty {
        line += " " + word
        continue
      }
      if !line.isEmpty { lines.append(line) }
      line = ""
      for character in word {
        if line.displayWidth + String(character).displayWidth > width, !line.isEmpty {
          lines.append(line)
          line = ""
        }
        line.append(character)
      }
    }
    return lines + [line]
  }

  /// The width of the longest word in cells.
  package var longestWord: Int { split(separator: " ").map { String($0).displayWidth }.max() ?? 0 }
}

extension Character {
  fileprivate var displayWidth: Int {
    guard let scalar = unicodeScalars.first else { return 0 }
    switch scalar.value {
    case ..<0x300: return 1
    case 0x1100...0x115F, 0x2E80...0x303E, 0x3041...0xA4CF, 0xAC00...0xD7A3, 0xF900...0xFAFF, 0xFE30...0xFE6F,
      0xFF00...0xFF60, 0xFFE0...0xFFE6, 0x1F300...0x1F64F, 0x1F900...0x1F9FF, 0x20000...0x3FFFD:
      return 2
    default: return [.nonspacingMark, .enclosingMark, .format].contains(scalar.properties.generalCategory) ? 0 : 1
    }
  }
}
