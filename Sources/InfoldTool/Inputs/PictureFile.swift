import InfoldImage
import InfoldSystem

/// Reads the picture in a file, or on standard input for `-`.
/// - Throws: `InfoldError` with the path of the file.
func readPicture(_ argument: String) throws(InfoldError) -> Picture {
  guard argument == StandardInput.argument else { return try Picture(path: argument) }
  let bytes = try StandardInput.contents(limit: ImageLimits().maximumFileSize)
  return try annotatingErrors({ $0.inFile(StandardInput.name) }) { () throws(InfoldError) in try Picture(bytes: bytes) }
}
