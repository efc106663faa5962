package desk

// CountsAgain lets what previews found be kept where they found more than so many people.
func (d *Desk) CountsAgain(above int) { d.countAgain = above }
