import InfoldImage
import InfoldSystem

/// The picture in a file, or from standard input, for which `-` stands.
/// - Throws: `InfoldError` that names it.
func readPicture(_ argument: String) throws(InfoldError) -> Picture {
  guard argument == StandardInput.argument else { return try Picture(path: argument) }
  let bytes = try StandardInput.contents(limit: ImageLimits().maximumFileSize)
  return try annotatingErrors({ $0.inFile(StandardInput.name) }) { () throws(InfoldError) in try Picture(bytes: bytes) }
}
