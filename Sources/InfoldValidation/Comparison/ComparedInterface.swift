import InfoldGraph
import InfoldSystem
import InfoldTensor

/// Which inputs and outputs of two networks belong together: those of the same name, or else in the same place.
struct ComparedInterface {
  /// For each input of the second network, the place of that of the first one; `nil` for one with a default that the first does not have.
  let inputPlaces: [Int?]
  let outputs: [(first: ValueID, second: ValueID)]
  /// What only one of them has.
  let remarks: [String]

  /// - Throws: `InfoldError` with `.invalidArgument` that names the second file where they do not fit.
  init(_ first: Graph, _ second: Graph, file: String?) throws(InfoldError) {
    inputPlaces = Self.places(first, first.inputs, second, second.inputs)
    for (id, place) in zip(second.inputs, inputPlaces) {
      guard let place else {
        if second[id].initializer != nil { continue }
        throw Self.mismatch("inputs", first, first.requiredInputs, second, second.requiredInputs, file)
      }
      let (a, b) = (first[first.inputs[place]].type, second[id].type)
      guard let a, let b, a.elementType != b.elementType,
        !a.elementType.isFloatingPoint || !b.elementType.isFloatingPoint
      else { continue }
      throw InfoldError(
        .invalidArgument,
        "has the input \(String(quoting: second[id].name)) of \(b.elementType), and the first model of \(a.elementType)",
        file: file)
    }
    let places = Self.places(first, first.outputs, second, second.outputs)
    var pairs: [(first: ValueID, second: ValueID)] = []
    for (id, place) in zip(second.outputs, places) {
      if let place { pairs.append((first.outputs[place], id)) }
    }
    guard !pairs.isEmpty else {
      throw Self.mismatch("outputs", first, first.outputs, second, second.outputs, file)
    }
    outputs = first.outputs.compactMap { output in pairs.first { $0.first == output } }
    let compared = Set(outputs.map(\.first)), comparedOthers = Set(outputs.map(\.second))
    remarks =
      first.outputs.filter { !compared.contains($0) }.map {
        "only the first model has the output \(String(quoting: first[$0].name))"
      }
      + second.outputs.filter { !comparedOthers.contains($0) }.map {
        "only the second model has the output \(String(quoting: second[$0].name))"
      }
  }

  /// For each of `others`, the place in `own`.
  private static func places(_ first: Graph, _ own: [ValueID], _ second: Graph, _ others: [ValueID]) -> [Int?] {
    let names = Dictionary(own.enumerated().map { (first[$1].name, $0) }) { first, _ in first }
    var places = others.map { names[second[$0].name] }
    guard own.count == others.count else { return places }
    var left = own.indices.filter { !places.contains($0) }
    for index in places.indices where places[index] == nil { places[index] = left.removeFirst() }
    return places
  }

  private static func mismatch(
    _ what: String, _ first: Graph, _ own: [ValueID], _ second: Graph, _ others: [ValueID], _ file: String?
  ) -> InfoldError {
    func list(_ graph: Graph, _ ids: [ValueID]) -> String {
      ids.isEmpty ? "none" : ids.map { String(quoting: graph[$0].name) }.joined(separator: ", ")
    }
    return InfoldError(
      .invalidArgument, "has the \(what) \(list(second, others)), and the first model \(list(first, own))", file: file)
  }
}
