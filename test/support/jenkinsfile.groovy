// Prints what a declarative Jenkinsfile says, as Groovy itself reads it: a line of JSON for each word, with its depth and its text.
class Reader {
  int depth = 0

  def methodMissing(String name, given) {
    println groovy.json.JsonOutput.toJson([depth, name, given.findAll { it instanceof CharSequence }.collect { it.toString() }])
    def block = given.find { it instanceof Closure }
    if (block == null) return
    depth += 1
    block.delegate = this
    block.resolveStrategy = Closure.DELEGATE_FIRST
    block()
    depth -= 1
  }

  def propertyMissing(String name) { "\$$name" }

  void propertyMissing(String name, value) { methodMissing(name, [value] as Object[]) }
}

def reader = new Reader()
def file = new GroovyShell().parse(new File(args[0]))
file.metaClass.pipeline = { Closure block -> reader.methodMissing('pipeline', [block] as Object[]) }
file.run()
