extension [Quadrilateral] {
  /// The lines from top to bottom. Lines that begin at about the same height are ordered from left
  /// to right.
  package func inReadingOrder() -> [Quadrilateral] {
    let sameHeight = 10.0
    var ordered: [Quadrilateral] = []
    for box in sorted(by: { $0.corners[0].y < $1.corners[0].y }) {
      var place = ordered.count
      while place > 0, box.corners[0].y - ordered[place - 1].corners[0].y < sameHeight,
        box.corners[0].x < ordered[place - 1].corners[0].x
      {
        place -= 1
      }
      ordered.insert(box, at: place)
    }
    return ordered
  }
}
