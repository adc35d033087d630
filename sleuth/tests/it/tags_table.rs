//! What people are shown of the demo's instances.

use sleuth::{
    demo,
    render::table::{Look, tags::table},
    run,
};

fn shown(width: u16) -> String {
    let inventory = demo::tags::inventory().unwrap();
    let report = run::tags::dry(&inventory, &demo::tags::policy().unwrap(), demo::tags::now(&inventory));
    table(&report, Look { width: Some(width), colours: false })
}

#[test]
fn table_fits_the_terminal() {
    for width in [60, 71, 72, 80, 109, 110, 140, 189, 190, 240] {
        let text = shown(width);
        // The account is one line, which the terminal may break.
        let fitted: Vec<&str> = text.lines().filter(|line| !line.starts_with("Account ")).collect();
        assert!(fitted.len() > 10, "{text}");
        let widest = fitted.iter().map(|line| line.chars().count()).max().unwrap();
        assert!(widest <= usize::from(width), "{widest} > {width}\n{text}");
    }
}

#[test]
fn table_in_a_narrow_terminal() {
    insta::assert_snapshot!(shown(80));
}
