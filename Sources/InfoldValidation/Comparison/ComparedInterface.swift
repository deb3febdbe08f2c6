import InfoldGraph
import InfoldSystem
import InfoldTensor

/// The matching of inputs and outputs of two networks: by name, or else by position.
struct ComparedInterface {
  /// For each input of the second network, the position of the matching input of the first one;
  /// `nil` for an input with a default value that the first network lacks.
  let inputPlaces: [Int?]
  let outputs: [(first: ValueID, second: ValueID)]
  /// Notes about outputs that only one of the networks has.
  let notes: [String]

  /// - Throws: `InfoldError` with `.invalidArgument`, naming the second file, if inputs or outputs
  ///   do not match.
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
        "type mismatch: the input \(String(quoting: second[id].name)) is \(b.elementType), but \(a.elementType) in the first model",
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
    notes =
      first.outputs.filter { !compared.contains($0) }.map {
        "only the first model has the output \(String(quoting: first[$0].name))"
      }
      + second.outputs.filter { !comparedOthers.contains($0) }.map {
        "only the second model has the output \(String(quoting: second[$0].name))"
      }
  }

  /// Returns, for each of `others`, the position of its match in `own`.
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
      .invalidArgument,
      "interface mismatch: the \(what) do not match: \(list(second, others)), but \(list(first, own)) in the first model",
      file: file)
  }
}
