/// The position of the first stored row and column in the upright picture: the values of the Exif
/// tag 0x0112 (CIPA DC-008, Orientation).
package enum Orientation: UInt16, CaseIterable {
  case topLeft = 1
  case topRight, bottomRight, bottomLeft, leftTop, rightTop, rightBottom, leftBottom

  /// Whether stored rows become columns.
  var swapsAxes: Bool { rawValue >= Orientation.leftTop.rawValue }
  /// Whether stored rows are read from right to left.
  var flipsColumns: Bool { [.topRight, .bottomRight, .rightBottom, .leftBottom].contains(self) }
  /// Whether stored columns are read from bottom to top.
  var flipsRows: Bool { [.bottomRight, .bottomLeft, .rightTop, .rightBottom].contains(self) }
}

extension Orientation {
  /// Reads the orientation from an Exif block: a TIFF header in either byte order, and its first
  /// directory.
  ///
  /// Returns `nil` if the block is damaged or declares no orientation, since a photograph should
  /// not be rejected because of its metadata. Only the first directory is read, so links between
  /// directories cannot form cycles.
  init?(exif block: ArraySlice<UInt8>) {
    let reader = ByteReader(bytes: block)
    let order: ByteReader.ByteOrder
    switch reader.integer(at: 0, as: UInt16.self) {
    case 0x4949: order = .littleEndian
    case 0x4D4D: order = .bigEndian
    default: return nil
    }
    guard reader.integer(at: 2, order, as: UInt16.self) == 42,
      let directory = reader.integer(at: 4, order, as: UInt32.self).map(Int.init), directory >= 8,
      let entryCount = reader.integer(at: directory, order, as: UInt16.self)
    else { return nil }

    for index in 0..<Int(entryCount) {
      let entry = directory + 2 + index * 12
      guard let tag = reader.integer(at: entry, order, as: UInt16.self) else { return nil }
      guard tag == 0x0112 else { continue }
      let short: UInt16 = 3
      guard reader.integer(at: entry + 2, order, as: UInt16.self) == short,
        reader.integer(at: entry + 4, order, as: UInt32.self) == 1,
        let value = reader.integer(at: entry + 8, order, as: UInt16.self)
      else { return nil }
      self.init(rawValue: value)
      return
    }
    return nil
  }
}

extension Picture {
  /// The upright picture, given the orientation of the stored pixels.
  package func upright(from orientation: Orientation) -> Picture {
    guard orientation != .topLeft else { return self }
    let (newWidth, newHeight) = orientation.swapsAxes ? (height, width) : (width, height)
    var turned = [UInt8]()
    turned.reserveCapacity(pixels.count)
    for y in 0..<newHeight {
      for x in 0..<newWidth {
        let (column, row) = orientation.swapsAxes ? (y, x) : (x, y)
        let sourceColumn = orientation.flipsColumns ? width - 1 - column : column
        let sourceRow = orientation.flipsRows ? height - 1 - row : row
        let source = (sourceRow * width + sourceColumn) * Picture.channels
        turned.append(pixels[source])
        turned.append(pixels[source + 1])
        turned.append(pixels[source + 2])
      }
    }
    return Picture(checkedWidth: newWidth, height: newHeight, pixels: turned)
  }
}
