//! Money in boxes: a payment puts shares into some, and a reward takes what is in its box, then what is in the one behind it,
//! and so on. What ends where is counted, nothing is computed.

/// Boxes by number.
#[derive(Clone, Debug)]
pub struct Flow {
    boxes: Vec<u128>,
    behind: Vec<Option<usize>>,
}

impl Flow {
    /// Empty boxes, each with the one that pays when it is empty.
    pub fn new(behind: Vec<Option<usize>>) -> Self {
        Self {
            boxes: vec![0; behind.len()],
            behind,
        }
    }

    /// Puts money into a box.
    pub fn pour(&mut self, number: usize, amount: u128) {
        self.boxes[number] += amount;
    }

    /// What a reward could take.
    pub fn reach(&self, number: usize) -> u128 {
        let mut sum = 0;
        let mut at = Some(number);
        while let Some(number) = at {
            sum += self.boxes[number];
            at = self.behind[number];
        }
        sum
    }

    /// Takes up to so much for a reward.
    pub fn take(&mut self, number: usize, most: u128) -> u128 {
        let mut taken = 0;
        let mut at = Some(number);
        while let Some(number) = at {
            let part = self.boxes[number].min(most - taken);
            self.boxes[number] -= part;
            taken += part;
            at = self.behind[number];
        }
        taken
    }
}
