public import InfoldServing
